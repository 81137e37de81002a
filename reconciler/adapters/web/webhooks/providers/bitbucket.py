"""Bitbucket, Cloud and Data Center: `X-Hub-Signature: sha256=…` over the body.

Source: Bitbucket Cloud docs, "Secure webhooks" and "Event payloads"; Data Center docs, "Event
payload". The two say the repository's addresses and the refs in different places.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.adapters.web.webhooks.delivery import Malformed, Provider, Push
from reconciler.adapters.web.webhooks.payload import listed, mapping

_BROWSE = re.compile(
    r"(?P<base>https?://[^?#]*?)/(?P<kind>projects|users)/(?P<owner>[^/]+)/repos/(?P<name>[^/]+)"
    r"(?:/.*)?"
)
_REF_KINDS = {"branch": "refs/heads/", "tag": "refs/tags/"}


def read(payload: Mapping[str, Any]) -> Push:
    """Cloud has `push.changes`, Data Center `changes`."""
    links = mapping(mapping(payload, "repository"), "links")
    urls = tuple(
        one["href"]
        for name in ("clone", "html", "self")
        for one in _links(links.get(name))
        if isinstance(one.get("href"), str)
    )
    if not urls:
        raise Malformed("repository.links has no address")
    refs = _cloud_refs(payload) if "push" in payload else _data_center_refs(payload)
    return Push(urls=urls + tuple(_clone_of(url) for url in urls), refs=refs)


def _links(value: Any) -> tuple[Mapping[str, Any], ...]:
    if isinstance(value, dict):
        return (value,)
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def _clone_of(url: str) -> str:
    """Data Center's browse page as its clone address: `/projects/P/repos/r/browse` is `/scm/p/r`,
    `/users/u/repos/r` is `/scm/~u/r`.
    """
    found = _BROWSE.fullmatch(url)
    if found is None:
        return url
    owner = found["owner"].lower()
    return f"{found['base']}/scm/{'~' if found['kind'] == 'users' else ''}{owner}/{found['name']}"


def _cloud_refs(payload: Mapping[str, Any]) -> tuple[str, ...]:
    sides = (
        change.get(side)
        for change in listed(mapping(payload, "push"), "changes")
        for side in ("new", "old")
    )
    refs = (
        _REF_KINDS.get(str(one.get("type")), "refs/heads/") + one["name"]
        for one in sides
        if isinstance(one, dict) and isinstance(one.get("name"), str)
    )
    return tuple(dict.fromkeys(refs))


def _data_center_refs(payload: Mapping[str, Any]) -> tuple[str, ...]:
    moved = (change.get("ref") for change in listed(payload, "changes"))
    refs = (one["id"] for one in moved if isinstance(one, dict) and isinstance(one.get("id"), str))
    return tuple(dict.fromkeys(refs))


PROVIDER = Provider(
    name="bitbucket",
    signatures=("X-Hub-Signature",),
    prefix="sha256=",
    deliveries=("X-Request-UUID", "X-Request-Id"),
    event_header="X-Event-Key",
    events=frozenset({"repo:push", "repo:refs_changed"}),
    read=read,
)
