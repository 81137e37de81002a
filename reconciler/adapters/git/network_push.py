"""A push over http or ssh that cannot overwrite: lease, report, and what each refusal means.

Rules: the old values the server offers are compared with the expected ones inside the push itself,
and the server compares them again when it moves the refs. A push succeeded only when the server
reported every ref without a message, because the library returns normally on a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pygit2

from reconciler.adapters.git.moves import require_expected
from reconciler.adapters.git.network import Conversation, anonymous, conversing, proxy_of
from reconciler.adapters.git.remote import Remote
from reconciler.model.errors import PushRaced, PushRejected
from reconciler.model.source import Move

_NO_COMMIT = "0" * 40
_LOCKED = re.compile(r"failed to update ref|lock|already exists|old value|stale|fetch first")
_UNREPORTED = "the server did not report it"


class _Pushing(Conversation):
    """A conversation that holds the lease and takes the report."""

    def __init__(self, remote: Remote, moves: Sequence[Move]) -> None:
        super().__init__(remote)
        self._moves = moves
        self.report: dict[str, str | None] = {}

    def push_negotiation(self, updates: list[Any]) -> None:
        """The server has said where its refs are; nothing is sent yet."""
        current = {update.dst_refname: _commit(str(update.src)) for update in updates}
        require_expected(self._moves, current)

    def push_update_reference(self, refname: str, message: str | None) -> None:
        """The server's word on one ref."""
        self.report[refname] = message


def push_over_network(repository: pygit2.Repository, remote: Remote, moves: Sequence[Move]) -> None:
    """Move refs of a remote; raises `PushRaced`, `PushRejected` or what a fetch raises."""
    with conversing(remote):
        pushing = _Pushing(remote, moves)
        # The plus sign only silences the library's own ancestry check: the lease is stricter.
        anonymous(repository, remote).push(
            [
                f"+{move.new}:{move.ref}" if move.new is not None else f":{move.ref}"
                for move in moves
            ],
            callbacks=pushing,
            proxy=proxy_of(remote),
        )
    refused = {
        move: message
        for move in moves
        if (message := pushing.report.get(move.ref, _UNREPORTED)) is not None
    }
    if refused:
        landed = {move.ref: move.new for move in moves if move not in refused}
        _raise_refusal(repository, remote, refused, landed, pushing.said)


def _raise_refusal(
    repository: pygit2.Repository,
    remote: Remote,
    refused: dict[Move, str],
    landed: dict[str, str | None],
    said: Sequence[str],
) -> None:
    """Raced when a refused ref has moved meanwhile, else rejected with the server's words."""
    with conversing(remote) as conversation:
        heads = anonymous(repository, remote).list_heads(
            callbacks=conversation, proxy=proxy_of(remote)
        )
    current = {head.name: str(head.oid) for head in heads}
    try:
        require_expected(refused, current)
    except PushRaced as race:
        raise PushRaced(str(race), landed=landed) from None
    if all(_LOCKED.search(message) for message in refused.values()):
        # The other writer is still at it, so the ref has not moved yet.
        raise PushRaced(remote.redacted("; ".join(refused.values())), landed=landed)
    words = "; ".join(f"{move.ref}: {message}" for move, message in refused.items())
    explained = " ".join(["refused", words, "-", *said] if said else ["refused", words])
    raise PushRejected(remote.redacted(explained), landed=landed)


def _commit(oid: str) -> str | None:
    return None if oid == _NO_COMMIT else oid
