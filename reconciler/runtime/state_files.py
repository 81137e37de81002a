"""The state branch as files: bindings, cursor, what else is recorded on members, deletions,
approvals.

Files: `bindings/<path>.yaml` one ResourceBinding each; `cursor.yaml`; `recorded/<cluster>.yaml`
identities recorded on a
cluster that no binding accounts for (propagated namespaces, deletions not seen done yet);
`deletions.yaml`
the deletions of the last hour; `approvals.yaml` the deletions that people permitted;
`guards.yaml` and `limits.yaml` the rules under which something waits.
A file that cannot be read is a broken branch, not an empty one: `StateDamaged`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.binding import Binding, BindingState, Target
from reconciler.model.emit import emit_yaml
from reconciler.model.errors import StateDamaged
from reconciler.model.identity import ObjectKey
from reconciler.model.paths import component, object_path
from reconciler.model.works import Recorded, places
from reconciler.model.world import Deletion, Outcome, Placed, State
from reconciler.parse.decode import decode_binding_state, encode_binding_state
from reconciler.runtime.held_files import (
    GUARDS,
    LIMITS,
    guards_file,
    guards_of_file,
    limits_file,
    limits_of_file,
)

BINDINGS, RECORDED = "bindings/", "recorded/"
CURSOR, DELETIONS, APPROVALS = "cursor.yaml", "deletions.yaml", "approvals.yaml"
_API_VERSION = "fleet-reconciler.io/v1alpha1"

#: YAML bytes -> JSON value; raises ValueError.
Reader = Callable[[bytes], Any]


def binding_path(key: ObjectKey) -> str:
    """Where a binding stands: `bindings/shop/apps/Deployment/web.yaml`."""
    return BINDINGS + object_path(key.namespace, key.group, key.kind, key.name)


@dataclass(frozen=True, slots=True)
class RecordedBinding:
    """A binding as the branch has it, and the clusters that hold a Work of it."""

    state: BindingState
    clusters: frozenset[str]


def recorded_binding(document: Any) -> RecordedBinding:
    """The binding that a document says; raises `StateDamaged`."""
    if not isinstance(document, dict):
        raise StateDamaged("a binding of the state branch is not a map")
    state = decode_binding_state(document)
    return RecordedBinding(state, places(clusters_of(state)))


def state_of(
    files: Mapping[str, bytes], read: Reader, bindings: Iterable[RecordedBinding]
) -> State:
    """The state that bindings and the branch's other files say; raises `StateDamaged`."""
    bindings = sorted(bindings, key=lambda one: one.state.key)
    cursor = _document(CURSOR, files, read) if CURSOR in files else {}
    approvals = _document(APPROVALS, files, read) if APPROVALS in files else {}
    return State(
        bindings={one.state.key: one.state for one in bindings},
        applied_revision=cursor.get("sourceCommit", ""),
        frozen_from=tuple(cursor.get("frozenFrom", ())),
        fleet_id=cursor.get("fleetId", ""),
        member_uids=cursor.get("members", {}),
        clocks=cursor.get("clocks", {}),
        recorded=_recorded(bindings, _extra(files, read)),
        deletions=_deletions(_document(DELETIONS, files, read) if DELETIONS in files else {}),
        approved=frozenset(approvals.get("holds", ())),
        held_guards=guards_of_file(_document(GUARDS, files, read) if GUARDS in files else {}),
        held_limits=limits_of_file(_document(LIMITS, files, read) if LIMITS in files else {}),
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
    bindings: Iterable[RecordedBinding], extra: Mapping[str, frozenset[ObjectKey]]
) -> Recorded:
    clusters = {one.state.key: one.clusters for one in bindings}
    for key, names in Recorded.of(extra).clusters.items():
        clusters[key] = places(clusters.get(key, frozenset()) | names)
    return Recorded(clusters)


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

    def bindings(self, outcome: Outcome, before: State) -> dict[str, bytes | None]:
        """Every decided binding that is not on the branch as it is now, and None for each that
        leaves the state.
        """
        files: dict[str, bytes | None] = {binding_path(key): None for key in outcome.removed}
        for key, placed in outcome.placed.items():
            if _is_recorded(placed, before.bindings.get(key)):
                continue
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
            GUARDS: guards_file(state.held_guards),
            LIMITS: limits_file(state.held_limits),
        }
        return files


def _is_recorded(placed: Placed, before: BindingState | None) -> bool:
    """Whether the branch says all this already, wire forms included."""
    if before is None or before.recorded is None or before != placed.remembered:
        return False
    known, binding = before.recorded, placed.binding
    return known == binding and _documents(known) == _documents(binding)


def _documents(binding: Binding) -> tuple[object, ...]:
    """Wire forms, which equality leaves out."""
    parts = (binding.placement, binding.requirements)
    components = (one.requirements for one in binding.components)
    return tuple(part.document if part is not None else None for part in (*parts, *components))


def _recorded_files(state: State, before: State) -> dict[str, bytes | None]:
    """Every file that may differ from before."""
    now = _extra_of(state)
    return {
        f"{RECORDED}{component(cluster)}.yaml": (
            _recorded_file(cluster, now[cluster]) if cluster in now else None
        )
        for cluster in {*Recorded.of(before.recorded).counts, *Recorded.of(state.recorded).counts}
    }


def _extra_of(state: State) -> Recorded:
    """Records that no binding accounts for."""
    extra = {}
    names_of = _Names()
    for key, names in Recorded.of(state.recorded).clusters.items():
        binding = state.bindings.get(key)
        extra[key] = names if binding is None else names_of.beyond(names, binding)
    return Recorded(extra)


class _Names:
    """Clusters of targets, worked out once for targets that many bindings share."""

    def __init__(self) -> None:
        self._names: dict[int, frozenset[str]] = {}

    def beyond(self, names: frozenset[str], binding: BindingState) -> frozenset[str]:
        """Those of the clusters that the binding does not account for."""
        rest = names - self._of(binding.targets)
        for requirer in binding.requirers:
            if rest:
                rest -= self._of(requirer.targets)
        return rest - clusters_of(binding) if rest else rest

    def _of(self, targets: tuple[Target, ...]) -> frozenset[str]:
        known = self._names.get(id(targets))
        if known is None:
            known = self._names[id(targets)] = frozenset(one.name for one in targets)
        return known


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
