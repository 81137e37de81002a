"""The sticky comment: one comment of ours on a pull or merge request, edited in place.

Rules: ours is a comment that begins with our marker *and* that our own account wrote; whoever
copies the marker gets nothing edited. Nothing is written when nothing changed. Of several of ours
the oldest is kept.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import orjson

from reconciler.adapters.writeback.hosts.client import HostClient
from reconciler.adapters.writeback.hosts.repository import HostedRepository, HostKind
from reconciler.model.errors import HostUnavailable

_LONGEST = 60_000
_CUT = "\n\n… the rest is left out: it does not fit into a comment."
_MOST_PAGES = 50
_PURPOSE = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Where comments of a request are listed and made, where one is edited, and how."""

    listing: str
    one: str
    edit: str
    author: str


_SHAPES: Mapping[HostKind, _Shape] = MappingProxyType(
    {
        HostKind.GITHUB: _Shape(
            listing="/issues/{number}/comments",
            one="/issues/comments/{id}",
            edit="PATCH",
            author="user",
        ),
        HostKind.GITLAB: _Shape(
            listing="/merge_requests/{number}/notes",
            one="/merge_requests/{number}/notes/{id}",
            edit="PUT",
            author="author",
        ),
        HostKind.GITEA: _Shape(
            listing="/issues/{number}/comments",
            one="/issues/comments/{id}",
            edit="PATCH",
            author="user",
        ),
    }
)


async def keep_comment(
    client: HostClient,
    repository: HostedRepository,
    number: int,
    markdown: str,
    *,
    purpose: str = "plan",
    account_id: int | None = None,
    begins: bool = True,
) -> None:
    """Make our comment of that purpose on request `number` say this; without `begins` only where
    there is one.

    `account_id` is our own on that host; None asks the host who we are, which app tokens may not.
    """
    body = comment_body(markdown, purpose)
    shape = _SHAPES[repository.kind]
    if account_id is None:
        account_id = await _own_account(client, repository)
    mine = await _mine(client, repository, number, account_id, marker(purpose))
    sent = orjson.dumps({"body": body})
    where = repository.root + shape.listing.format(number=int(number))
    if mine is None and not begins:
        return
    if mine is None:
        await client.good("commenting", "POST", where, headers=repository.headers, body=sent)
    elif mine["body"].replace("\r\n", "\n") != body:
        one = repository.root + shape.one.format(number=int(number), id=int(mine["id"]))
        await client.good("commenting", shape.edit, one, headers=repository.headers, body=sent)


def marker(purpose: str) -> str:
    """The first line of our comments, which nobody sees."""
    assert _PURPOSE.fullmatch(purpose), "a purpose is a short word"
    return f"<!-- fleet-reconciler:{purpose} -->"


def comment_body(markdown: str, purpose: str) -> str:
    """Marker and text; text that is too long ends where a line does, outside code fences."""
    text = markdown.encode("utf-8", "replace").decode().replace("\r\n", "\n").rstrip()
    if len(text) > _LONGEST:
        text = text[:_LONGEST].rpartition("\n")[0]
        fence = "\n```" if f"\n{text}".count("\n```") % 2 else ""
        text += fence + _CUT
    return f"{marker(purpose)}\n{text}"


async def _own_account(client: HostClient, repository: HostedRepository) -> int:
    reply = await client.good(
        "asking who we are", "GET", f"{repository.api}/user", headers=repository.headers
    )
    account = reply.body.get("id") if isinstance(reply.body, dict) else None
    if not isinstance(account, int):
        raise HostUnavailable("the Git host does not say who we are", hint="set the account's id")
    return account


async def _mine(
    client: HostClient, repository: HostedRepository, number: int, account_id: int, mark: str
) -> dict[str, Any] | None:
    author = _SHAPES[repository.kind].author
    async for comment in _comments(client, repository, number):
        writer = comment.get(author)
        is_ours = isinstance(writer, dict) and writer.get("id") == account_id
        text = comment.get("body")
        is_kept = isinstance(text, str) and text.startswith(mark)
        if is_ours and is_kept and isinstance(comment.get("id"), int):
            return comment
    return None


async def _comments(
    client: HostClient, repository: HostedRepository, number: int
) -> AsyncIterator[dict[str, Any]]:
    """Every comment of the request, page after page."""
    listing = _SHAPES[repository.kind].listing.format(number=int(number))
    order = "&sort=asc&order_by=created_at" if repository.kind is HostKind.GITLAB else ""
    page = f"{repository.root}{listing}?per_page=100{order}"
    for _ in range(_MOST_PAGES):
        reply = await client.good("reading comments", "GET", page, headers=repository.headers)
        for comment in reply.body if isinstance(reply.body, list) else ():
            if isinstance(comment, dict):
                yield comment
        page = reply.next_page
        if not page:
            return
