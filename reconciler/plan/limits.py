"""Policy as code: what documents below a folder may do (`limits` of reconciler.yaml).

Rules
- As in a CODEOWNERS file the last limit whose folder covers a file counts; a file that none covers
  may do everything. `*` stands for anything within one step of a path, and in names.
- Kinds: what a folder may hold, and what its policies may claim and override; `Kind` means that
  kind of every group.
- Namespaces: where its objects and policies live. A Namespace counts as being in itself; any other
  object without a namespace needs `*`.
- Clusters: where its objects go, and where its policies place or override anything, whoever else
  has a part in it.
- The limits of the last applied commit count beside the new ones: what a commit loosens counts from
  the next commit on, so that no commit permits itself anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Final

from reconciler.model.claim import Claim
from reconciler.model.codes import BEYOND_LIMITS, CODES
from reconciler.model.config import Limit
from reconciler.model.diagnostic import Diagnostic, Position
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.policy import OverridePolicy, PolicyRef, PropagationPolicy
from reconciler.model.text import listed
from reconciler.model.world import Overrides, State, Works

_LISTS: Final = ("clusters", "kinds", "namespaces")
_POLICY_GROUP: Final = "policy.karmada.io"
_CLUSTER_GROUP: Final = "cluster.karmada.io"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was decided for a fleet: who claims what, what is overridden, what goes where."""

    fleet: Fleet
    claims: Mapping[ObjectKey, Claim]
    overrides: Overrides
    works: Works


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One document beyond its limit; `keys` are the objects that may not move because of it,
    `cluster` the one that may not be touched. `is_earlier`: only the limits before this commit
    refuse it.
    """

    diagnostic: Diagnostic
    keys: frozenset[ObjectKey] = frozenset()
    cluster: str = ""
    is_earlier: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """One document: what it is, and what it does to which objects on which clusters."""

    name: str
    key: ObjectKey
    position: Position
    objects: Mapping[ObjectKey, frozenset[str]] = field(default_factory=dict)
    cluster: str = ""

    @property
    def clusters(self) -> frozenset[str]:
        """Every cluster it has a part in."""
        return frozenset().union(*self.objects.values())


def earlier_limits(before: Fleet | None, fleet: Fleet, state: State) -> tuple[Limit, ...]:
    """The limits before the fleet's commit: those of the last applied one, and for that one itself
    those under which something of it waits.
    """
    if fleet.revision and fleet.revision == state.applied_revision:
        return state.held_limits
    return before.config.limits if before is not None and before.config is not None else ()


def violations(
    limits: Iterable[Limit], decided: Decided, earlier: Iterable[Limit] = ()
) -> tuple[Violation, ...]:
    """Every document beyond the limit of its folder, in the order of their places.

    `earlier` are the limits before this commit: what they refuse and the new ones permit waits for
    the next one.
    """
    found = list(_violations(limits, decided, _hint))
    known = {one.diagnostic.message for one in found}
    found += (
        replace(one, is_earlier=True)
        for one in _violations(earlier, decided, _hint_of_earlier)
        if one.diagnostic.message not in known
    )
    return tuple(sorted(found, key=lambda one: one.diagnostic.sort_key))


def _violations(
    limits: Iterable[Limit], decided: Decided, hint: Callable[[Iterable[str]], str]
) -> Iterator[Violation]:
    limits = tuple(limits)
    for reach in _reaches(decided) if limits else ():
        limit = limit_of(limits, reach.position.path)
        for clause, allowed in _judged(limit, reach) if limit is not None else ():
            yield _violation(reach, clause, hint(allowed))


def changed_limits(before: Iterable[Limit], after: Iterable[Limit]) -> tuple[str, ...]:
    """What a commit changes of the limits: `teams/shop: clusters eu-* -> eu-*, us-1`."""
    old, new = ({one.path: one for one in limits} for limits in (before, after))
    return tuple(
        f"{path}: {_told(old.get(path), new.get(path))}"
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    ) or ("their order",)


def _told(old: Limit | None, new: Limit | None) -> str:
    if old is None or new is None:
        return "is new" if old is None else "is gone"
    return "; ".join(
        f"{name} {_names(before)} -> {_names(after)}"
        for name in _LISTS
        if (before := getattr(old, name)) != (after := getattr(new, name))
    )


def _names(allowed: Sequence[str]) -> str:
    return listed(allowed) if allowed else "all"


def limit_of(limits: Iterable[Limit], path: str) -> Limit | None:
    """The last limit whose folder covers a file."""
    return next((one for one in reversed(tuple(limits)) if _covers(one.path, path)), None)


def _covers(folder: str, path: str) -> bool:
    steps = [step for step in folder.split("/") if step not in {"", "."}]
    parts = path.split("/")
    return len(parts) >= len(steps) and all(map(fnmatchcase, parts, steps))


def _reaches(decided: Decided) -> Iterator[_Reach]:
    fleet = decided.fleet
    places = _places(decided.works)
    for key, template in fleet.templates.items():
        objects = {key: places.get(key, frozenset())}
        yield _Reach(name=str(key), key=key, position=template.position, objects=objects)
    claimed: dict[PolicyRef, dict[ObjectKey, frozenset[str]]] = {}
    for key, claim in decided.claims.items():
        claimed.setdefault(claim.policy.ref, {})[key] = places.get(key, frozenset())
    for policy in fleet.propagation_policies:
        yield _of_policy(policy, claimed.get(policy.ref, {}))
    overridden = _overridden(decided.overrides)
    for override in fleet.override_policies:
        yield _of_policy(override, overridden.get(override.ref, {}))
    for cluster in fleet.clusters:
        key = ObjectKey(_CLUSTER_GROUP, "Cluster", "", cluster.name)
        yield _Reach(
            name=f"Cluster {cluster.name}",
            key=key,
            position=cluster.position,
            cluster=cluster.name,
        )
    for key, position in fleet.places.items():
        yield _Reach(name=str(key), key=key, position=position)


def _of_policy(
    policy: PropagationPolicy | OverridePolicy, objects: Mapping[ObjectKey, frozenset[str]]
) -> _Reach:
    key = ObjectKey(_POLICY_GROUP, str(policy.ref.kind), policy.ref.namespace, policy.ref.name)
    return _Reach(name=str(policy.ref), key=key, position=policy.position, objects=objects)


def _places(works: Works) -> dict[ObjectKey, frozenset[str]]:
    found: dict[ObjectKey, set[str]] = {}
    for cluster, objects in works.items():
        for key in objects:
            found.setdefault(key, set()).add(cluster)
    return {key: frozenset(names) for key, names in found.items()}


def _overridden(overrides: Overrides) -> dict[PolicyRef, dict[ObjectKey, frozenset[str]]]:
    """Where every override policy changed what."""
    found: dict[PolicyRef, dict[ObjectKey, set[str]]] = {}
    for key, by_cluster in overrides.items():
        for cluster, applied in by_cluster.items():
            for one in applied:
                found.setdefault(one.policy, {}).setdefault(key, set()).add(cluster)
    return {
        ref: {key: frozenset(names) for key, names in places.items()}
        for ref, places in found.items()
    }


def _judged(limit: Limit, reach: _Reach) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What one document does that its folder may not do, and what it may."""
    where = limit.path
    if not _is_kind(limit, reach.key):
        clause = f"is of a kind that files below {where} may not hold"
        yield clause, limit.kinds
    kinds = sorted({str_kind(key) for key in reach.objects if not _is_kind(limit, key)})
    if kinds and _is_kind(limit, reach.key):
        clause = f"concerns {listed(kinds)}, which files below {where} may not"
        yield clause, limit.kinds
    if not _is_namespace(limit, reach.key):
        place = f"namespace {reach.key.namespace}" if reach.key.namespace else "no namespace"
        clause = f"lives in {place}, which files below {where} may not write to"
        yield clause, limit.namespaces
    names = sorted(
        name for name in reach.clusters if limit.clusters and not _is_any(name, limit.clusters)
    )
    if names:
        clause = f"goes to {listed(names)}, which files below {where} may not target"
        yield clause, limit.clusters


def _hint(allowed: Iterable[str]) -> str:
    return f"allowed are {', '.join(allowed)}; limits stand in reconciler.yaml"


def _hint_of_earlier(allowed: Iterable[str]) -> str:
    names = ", ".join(allowed)
    return f"before this commit only {names} were allowed; new limits count from the next one on"


def _violation(reach: _Reach, clause: str, hint: str) -> Violation:
    code = CODES[BEYOND_LIMITS]
    return Violation(
        diagnostic=Diagnostic(
            code=BEYOND_LIMITS,
            message=f"{reach.name} {clause}",
            severity=code.severity,
            effect=code.effect,
            position=reach.position,
            hint=hint,
            subject=reach.name,
        ),
        keys=frozenset(reach.objects),
        cluster=reach.cluster,
    )


def str_kind(key: ObjectKey) -> str:
    """`apps/Deployment`, `Service` of the core group."""
    return f"{key.group}/{key.kind}" if key.group else key.kind


def _is_kind(limit: Limit, key: ObjectKey) -> bool:
    return not limit.kinds or any(
        fnmatchcase(str_kind(key) if "/" in one else key.kind, one) for one in limit.kinds
    )


def _is_namespace(limit: Limit, key: ObjectKey) -> bool:
    is_namespace = (key.group, key.kind) == ("", "Namespace")
    return not limit.namespaces or _is_any(
        key.name if is_namespace else key.namespace, limit.namespaces
    )


def _is_any(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, one) for one in patterns)
