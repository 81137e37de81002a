"""Gitea and Forgejo: a bare hex digest of the body under the host's own header.

Source: Gitea docs, "Webhooks"; Forgejo docs, "Webhooks".
"""

from __future__ import annotations

from reconciler.adapters.web.webhooks.delivery import Provider
from reconciler.adapters.web.webhooks.providers.github import read

PROVIDER = Provider(
    name="gitea",
    signatures=("X-Forgejo-Signature", "X-Gitea-Signature"),
    deliveries=("X-Forgejo-Delivery", "X-Gitea-Delivery"),
    event_header="X-Gitea-Event",
    events=frozenset({"push", "create", "delete"}),
    read=read,
)
