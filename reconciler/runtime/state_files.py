"""The state branch as files: bindings, cursor, what else is recorded on members, deletions,
approvals.

Files: `bindings/<path>.yaml` one ResourceBinding each; `cursor.yaml`; `recorded/<cluster>.yaml`
identities recorded on a
cluster that no binding accounts for (propagated namespaces, deletions not seen done yet);
`deletions.yaml`
the deletions of the last hour; `approvals.yaml` the deletions that people permitted.
A file that cannot be read is a broken branch, not an empty one: `StateDamaged`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.binding import BindingState
from reconciler.model.emit import emit_yaml
from reconciler.model.errors import StateDamaged
from reconciler.model.identity import ObjectKey
from reconciler.model.paths import component, object_path
from reconciler.model.world import Deletion, Outcome, State
from reconciler.parse.decode import decode_binding_state, encode_binding_state

BINDINGS, RECORDED = "bindings/", "recorded/"
CURSOR, DELETIONS, APPROVALS = "cursor.yaml", "deletions.yaml", "approvals.yaml"
_API_VERSION = "fleet-reconciler.io/v1alpha1"

#: YAML bytes -> JSON value; raises ValueError.
Reader = Callable[[bytes], Any]


def binding_path(key: ObjectKey) -> str:
    """Where a binding stands: `bindings/shop/apps/Deployment/web.yaml`."""
    return BINDINGS + object_path(key.namespace, key.group, key.kind, key.name)


def state_of(files: Mapping[str, bytes], read: Reader) -> State:
    """The state that the branch's files say; raises `StateDamaged`."""
    bindings = [
        decode_binding_state(_document(path, files, read))
        for path in files
        if path.startswith(BINDINGS)
    ]
    cursor = _document(CURSOR, files, read) if CURSOR in files else {}
    approvals = _document(APPROVALS, files, read) if APPROVALS in files else {}
    return State(
        bindings={state.key: state for state in sorted(bindings, key=lambda one: one.key)},
        applied_revision=cursor.get("sourceCommit", ""),
        frozen_from=tuple(cursor.get("frozenFrom", ())),
        fleet_id=cursor.get("fleetId", ""),
        member_uids=cursor.get("members", {}),
        clocks=cursor.get("clocks", {}),
        recorded=_recorded(bindings, _extra(files, read)),
        deletions=_deletions(_document(DELETIONS, files, read) if DELETIONS in files else {}),
        approved=frozenset(approvals.get("holds", ())),
        approved_deletes=frozenset(
            (one["cluster"], _key(one), one.get("uid", "")) for one in approvals.get("deletes", ())
        ),
    )


def _document(path: str, files: Mapping[str, bytes], read: Reader) -> dict[str, Any]:
    try:
        document = read(files[path])
    except ValueError as error:
        raise StateDamaged(f"{path} of the state branch cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise StateDamaged(f"{path} of the state branch is not a map")
    return document


def _extra(files: Mapping[str, bytes], read: Reader) -> dict[str, frozenset[ObjectKey]]:
    extra = {}
    for path in files:
        if path.startswith(RECORDED):
            document = _document(path, files, read)
            extra[str(document["cluster"])] = frozenset(_key(one) for one in document["objects"])
    return extra


def _recorded(
    bindings: Iterable[BindingState], extra: Mapping[str, frozenset[ObjectKey]]
) -> dict[str, frozenset[ObjectKey]]:
    by_cluster: dict[str, set[ObjectKey]] = {name: set(keys) for name, keys in extra.items()}
    for state in bindings:
        for cluster in clusters_of(state):
            by_cluster.setdefault(cluster, set()).add(state.key)
    return {name: frozenset(keys) for name, keys in sorted(by_cluster.items())}


def clusters_of(state: BindingState) -> frozenset[str]:
    """Every cluster that holds a Work of this binding, its own or on behalf of another."""
    names = {target.name for target in state.targets}
    names |= {target.name for requirer in state.requirers for target in requirer.targets}
    return frozenset(names | {task.from_cluster for task in state.eviction_tasks})


def _deletions(document: Mapping[str, Any]) -> tuple[Deletion, ...]:
    return tuple(
        Deletion(cluster=one["cluster"], key=_key(one), at=one["at"])
        for one in document.get("deletions", ())
    )


def _key(raw: Mapping[str, str]) -> ObjectKey:
    return ObjectKey(raw.get("group", ""), raw["kind"], raw.get("namespace", ""), raw["name"])


def _wire(key: ObjectKey) -> dict[str, str]:
    fields = {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name}
    return {name: value for name, value in fields.items() if value}


@dataclass(slots=True)
class StateFiles:
    """Turns outcomes into files; remembers what it encoded so that only changes cost."""

    engine_version: str
    _encoded: dict[ObjectKey, tuple[Any, bytes]] = field(default_factory=dict)

    def bindings(self, outcome: Outcome) -> dict[str, bytes | None]:
        """Every decided binding, and None for each that leaves the state."""
        files: dict[str, bytes | None] = {binding_path(key): None for key in outcome.removed}
        for key, placed in outcome.placed.items():
            subject = (placed.remembered, placed.binding)
            known = self._encoded.get(key)
            if known is None or known[0] != subject:
                document = encode_binding_state(placed.remembered, placed.binding)
                known = self._encoded[key] = (subject, emit_yaml(document))
            files[binding_path(key)] = known[1]
        return files

    def cursor(self, state: State) -> dict[str, bytes | None]:
        """Where the fleet stands."""
        document: dict[str, Any] = {
            "apiVersion": _API_VERSION,
            "kind": "Cursor",
            "sourceCommit": state.applied_revision,
            **({"frozenFrom": list(state.frozen_from)} if state.frozen_from else {}),
            "engineVersion": self.engine_version,
            "fleetId": state.fleet_id,
            "members": dict(sorted(state.member_uids.items())),
        }
        if state.clocks:
            document["clocks"] = dict(sorted(state.clocks.items()))
        return {CURSOR: emit_yaml(document)}

    def ledgers(self, state: State, before: State) -> dict[str, bytes | None]:
        """Recorded objects that no binding accounts for, deletions and approvals."""
        files: dict[str, bytes | None] = {
            **_recorded_files(state, before),
            DELETIONS: _deletions_file(state.deletions),
            APPROVALS: _approvals_file(state),
        }
        return files


def _recorded_files(state: State, before: State) -> dict[str, bytes | None]:
    bound = _recorded(state.bindings.values(), {})
    files: dict[str, bytes | None] = {}
    for cluster in {*before.recorded, *state.recorded}:
        extra = state.recorded.get(cluster, frozenset()) - bound.get(cluster, frozenset())
        path = f"{RECORDED}{component(cluster)}.yaml"
        files[path] = _recorded_file(cluster, extra) if extra else None
    return files


def _recorded_file(cluster: str, keys: Iterable[ObjectKey]) -> bytes:
    return emit_yaml(
        {
            "apiVersion": _API_VERSION,
            "kind": "RecordedObjects",
            "cluster": cluster,
            "objects": [_wire(key) for key in sorted(keys)],
        }
    )


def _deletions_file(deletions: tuple[Deletion, ...]) -> bytes | None:
    rows = [{"cluster": one.cluster, **_wire(one.key), "at": one.at} for one in deletions]
    if not rows:
        return None
    return emit_yaml({"apiVersion": _API_VERSION, "kind": "Deletions", "deletions": rows})


def _approvals_file(state: State) -> bytes | None:
    if not state.approved:
        return None
    rows = [
        {"cluster": cluster, **_wire(key), "uid": uid}
        for cluster, key, uid in sorted(state.approved_deletes)
    ]
    document = {"holds": sorted(state.approved), "deletes": rows}
    return emit_yaml({"apiVersion": _API_VERSION, "kind": "Approvals", **document})
