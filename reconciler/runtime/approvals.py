"""Approvals: `Approve-Deletes:` trailers of the source branch, matched with the holds they name.

Rule (design §7): the trailer on a later source commit permits exactly the deletions that the named
hold listed, in any later
cycle. With `guards.approvers` an approval needs a verified signature of one of them; without keys
to verify with, none
counts and a Diagnostic says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.change import Action, HeldDelete, Hold
from reconciler.model.config import Guards
from reconciler.model.diagnostic import Diagnostic, Effect, Severity
from reconciler.model.emit import emit_yaml
from reconciler.model.identity import ObjectKey
from reconciler.model.source import Revision
from reconciler.model.trailers import APPROVE_DELETES, trailer_values
from reconciler.model.world import Outcome, State
from reconciler.plan.digest import hold_digest

HOLDS = "holds/"
UNVERIFIED = "RC093"
_DELETING = frozenset({Action.DELETE, Action.RECREATE, Action.HOLD})
_API_VERSION = "fleet-reconciler.io/v1alpha1"


def hold_path(digest: str) -> str:
    """Where a hold stands on the status branch."""
    return f"{HOLDS}{digest}.yaml"


def encode_hold(hold: Hold) -> bytes:
    """The hold as people and later cycles read it."""
    return emit_yaml(
        {
            "apiVersion": _API_VERSION,
            "kind": "Hold",
            "digest": hold.digest,
            "reasons": list(hold.reasons),
            "approve": f"reconciler approve {hold.digest}",
            "deletes": [
                {
                    "cluster": one.cluster,
                    "group": one.key.group,
                    "kind": one.key.kind,
                    "namespace": one.key.namespace,
                    "name": one.key.name,
                    "uid": one.uid,
                    "why": one.why,
                }
                for one in hold.deletes
            ],
        }
    )


def approved(
    state: State,
    commits: Iterable[Revision],
    holds: Mapping[str, Mapping[str, Any]],
    guards: Iterable[Guards],
    *,
    signer: Callable[[str], str] = lambda _commit: "",
) -> tuple[State, tuple[Diagnostic, ...]]:
    """The state with the approvals of new source commits; `holds` are documents by digest.

    `signer` says whose verified signature a commit carries: with approvers only theirs count, and
    each of the guards that names some has to be content.

    A digest that no pass has recorded yet was approved in the pull request: it counts for the pass
    that meets exactly these deletions.
    """
    wanted = {
        value: commit
        for commit in commits
        for value in trailer_values(commit.message, APPROVE_DELETES)
    }
    named = [one.approvers for one in guards if one.approvers]
    diagnostics = []
    digests, deletes = set(state.approved), set(state.approved_deletes)
    for digest, commit in wanted.items():
        if not all(signer(commit.id) in approvers for approvers in named):
            diagnostics.append(_unverified(commit))
        else:
            digests.add(digest)
            deletes |= _deletes_of(digest, holds.get(digest, {}))
    state = replace(state, approved=frozenset(digests), approved_deletes=frozenset(deletes))
    return state, tuple(diagnostics)


def spent(outcome: Outcome) -> State:
    """The state without approvals whose deletions have been seen done, or are not wanted any more:
    what is there again under the same name was not approved.
    """
    state = outcome.state
    planned = {(one.cluster, one.key) for one in outcome.plan.changes if one.action in _DELETING}
    open_deletes = frozenset(
        (cluster, key, uid)
        for cluster, key, uid in state.approved_deletes
        if key in state.recorded.get(cluster, frozenset())
        and ((cluster, key) in planned or key not in outcome.works.get(cluster, {}))
    )
    return replace(
        state,
        approved_deletes=open_deletes,
        approved=state.approved if open_deletes else frozenset(),
    )


def held_deletes(hold: Mapping[str, Any]) -> set[tuple[str, ObjectKey, str]]:
    """What a document of a hold lists; raises KeyError or TypeError for another shape."""
    return {_delete(one) for one in hold.get("deletes", ())}


def _deletes_of(digest: str, hold: Mapping[str, Any]) -> set[tuple[str, ObjectKey, str]]:
    """What a hold lists, nothing where its digest does not say the same."""
    deletes = held_deletes(hold)
    said = hold_digest(
        HeldDelete(cluster=cluster, key=key, uid=uid, why="") for cluster, key, uid in deletes
    )
    return deletes if said == digest else set()


def _delete(raw: Mapping[str, str]) -> tuple[str, ObjectKey, str]:
    key = ObjectKey(raw.get("group", ""), raw["kind"], raw.get("namespace", ""), raw["name"])
    return raw["cluster"], key, raw.get("uid", "")


def _unverified(commit: Revision) -> Diagnostic:
    return Diagnostic(
        code=UNVERIFIED,
        message=f"the approval in commit {commit.id[:12]} cannot be verified and does not count",
        severity=Severity.WARNING,
        effect=Effect.NONE,
        hint="guards.approvers asks for the verified signature of one of them",
    )
