"""Digests that stand for what a plan does, and for what a hold keeps back (design §7).

Both are SHA-256 in hex over sorted JSON lines, so that neither the order of work nor the machine
plays a part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import orjson

from reconciler.model.change import Action, Change, HeldDelete


def plan_digest(changes: Iterable[Change]) -> str:
    """Of (cluster, identity, action, digest of the desired body) of every change.

    Namespaces created bare are left out: only a live look can tell which of them are missing, and
    a plan made offline has to stand for the same deed.
    """
    return _digest(
        [
            change.cluster,
            change.key.path,
            change.action.value,
            change.desired.body.digest if change.desired else "",
        ]
        for change in changes
        if not _is_bare(change)
    )


def _is_bare(change: Change) -> bool:
    """Whether it creates a namespace that no document declares."""
    return change.action is Action.CREATE and change.desired is None


def hold_digest(deletes: Iterable[HeldDelete]) -> str:
    """Of (cluster, identity) of every held deletion.

    Observed uids stand in the hold itself: without them here, the offline plan of a pull request
    names the same hold as the pass that meets it, and can be approved there.
    """
    return _digest([one.cluster, one.key.path] for one in deletes)


def _digest(rows: Iterable[list[str]]) -> str:
    # Put together anew, for what the encoder returns keeps the room it was written in: kilobytes
    # for each line. No line begins another one, so that their ends do not change the order.
    lines = sorted(orjson.dumps(row) + b"\n" for row in rows)
    return hashlib.sha256(b"".join(lines).removesuffix(b"\n")).hexdigest()
