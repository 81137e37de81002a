"""GitHub: `X-Hub-Signature-256` over the body; push, create and delete move refs.

Source: GitHub docs, "Validating webhook deliveries" and "Webhook events and payloads". The older
`X-Hub-Signature` is SHA-1 and never accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.adapters.web.webhooks.delivery import Provider, Push
from reconciler.adapters.web.webhooks.payload import mapping, optional_text, texts


def read(payload: Mapping[str, Any]) -> Push:
    """`repository` has several addresses; `ref` is a full name in a push, a short one otherwise."""
    repository = mapping(payload, "repository")
    refs = optional_text(payload, "ref")
    return Push(
        urls=texts(repository, "clone_url", "ssh_url", "git_url", "html_url"),
        refs=tuple(ref for ref in refs if ref.startswith("refs/")),
    )


PROVIDER = Provider(
    name="github",
    signatures=("X-Hub-Signature-256",),
    prefix="sha256=",
    deliveries=("X-GitHub-Delivery",),
    event_header="X-GitHub-Event",
    events=frozenset({"push", "create", "delete"}),
    read=read,
)
