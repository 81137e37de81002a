"""GitLab: the secret itself in `X-Gitlab-Token`; push and tag events move refs.

Source: GitLab docs, "Webhooks" and "Webhook events".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.adapters.web.webhooks.delivery import Proof, Provider, Push
from reconciler.adapters.web.webhooks.payload import mapping, optional_text, texts


def read(payload: Mapping[str, Any]) -> Push:
    """The addresses stand under `project`."""
    project = mapping(payload, "project")
    return Push(
        urls=texts(project, "git_http_url", "git_ssh_url", "http_url", "ssh_url", "web_url"),
        refs=optional_text(payload, "ref"),
    )


PROVIDER = Provider(
    name="gitlab",
    signatures=("X-Gitlab-Token",),
    proof=Proof.SECRET,
    deliveries=("X-Gitlab-Event-UUID", "Idempotency-Key"),
    event_header="X-Gitlab-Event",
    events=frozenset({"Push Hook", "Tag Push Hook", "System Hook"}),
    read=read,
)
