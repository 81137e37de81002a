"""Generic: `{"repository": URL, "ref": "refs/heads/main"}` with `X-Signature-256: sha256=…`.

For hosts without webhooks of their own, say a post-receive hook that calls curl; `ref` may be left
out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.adapters.web.webhooks.delivery import Provider, Push
from reconciler.adapters.web.webhooks.payload import optional_text, texts


def read(payload: Mapping[str, Any]) -> Push:
    """One address and at most one ref."""
    return Push(urls=texts(payload, "repository"), refs=optional_text(payload, "ref"))


PROVIDER = Provider(
    name="generic",
    signatures=("X-Signature-256",),
    prefix="sha256=",
    deliveries=("X-Delivery-Id",),
    read=read,
)
