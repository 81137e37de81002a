"""Which line of the fleet repo caused each line of an offline plan.

Rules, for a field that changes on a cluster: the last override rule that writes it, unless that is
the same as before and the template changed; a rule that wrote it before and applies no more; the
template, where its own value changed; otherwise the placement, which brings replicas and marks of
origin. A deletion is caused by what is missing: the document, its policy, its cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from reconciler.model.change import Action, Change, Edit, PlacementChange, Plan
from reconciler.model.cluster import Cluster
from reconciler.model.diagnostic import Position
from reconciler.model.identity import ObjectKey
from reconciler.model.pointers import Pointer, at, field_pointer, pointer_of, touches
from reconciler.model.policy import OverridePolicy, PolicyRef, PropagationPolicy
from reconciler.model.work import AppliedOverride, Work
from reconciler.model.world import Outcome, Placed
from reconciler.plan.cluster_changes import cluster_changes

#: The deepest place on the way to a field of the document at a position.
Nearest = Callable[[Position, Pointer], Position]

WAITS = "it waits for approval"
SUSPENDED = "dispatching to the cluster is suspended: it is applied once that ends"
_MOST_CAUSES = 3


@dataclass(slots=True)
class Side:
    """One of the two commits: its outcome, and where fields stand in its files."""

    outcome: Outcome
    nearest: Nearest = lambda position, _pointer: position
    policies: Mapping[PolicyRef, PropagationPolicy] = field(init=False)
    overrides: Mapping[PolicyRef, OverridePolicy] = field(init=False)
    clusters: Mapping[str, Cluster] = field(init=False)
    # Of the object that is looked at: overrides are put together when they are asked for.
    _applied: tuple[ObjectKey, Mapping[str, tuple[AppliedOverride, ...]]] | None = field(
        default=None, init=False
    )

    def __post_init__(self) -> None:
        fleet = self.outcome.fleet
        self.policies = {one.ref: one for one in fleet.propagation_policies}
        self.overrides = {one.ref: one for one in fleet.override_policies}
        self.clusters = {one.name: one for one in fleet.clusters}

    def template(self, key: ObjectKey) -> Mapping[str, Any]:
        """The body of a template, nothing where there is none."""
        found = self.outcome.fleet.templates.get(key)
        return found.manifest.body if found else {}

    def template_position(self, key: ObjectKey) -> Position:
        """Where the template stands."""
        found = self.outcome.fleet.templates.get(key)
        return found.position if found else Position()

    def claim(self, key: ObjectKey) -> PropagationPolicy | None:
        """The policy that claims a template."""
        claim = self.outcome.claims.get(key)
        return claim.policy if claim else None

    def applied(self, change: Change) -> tuple[AppliedOverride, ...]:
        """Override rules that applied to an object on a cluster."""
        if self._applied is None or self._applied[0] != change.key:
            self._applied = (change.key, self.outcome.overrides.get(change.key, {}))
        return self._applied[1].get(change.cluster, ())

    def work(self, change: Change) -> Work | None:
        """The Work of an object on a cluster."""
        return self.outcome.works.get(change.cluster, {}).get(change.key)

    def rule_position(self, one: AppliedOverride) -> Position:
        """Where an override rule is written."""
        policy = self.overrides.get(one.policy)
        if policy is None:
            return Position()
        return self.nearest(policy.position, ("spec", "overrideRules", one.rule))


@dataclass(slots=True)
class Provenance:
    """Both sides of an offline plan.

    What is remembered is of one object at a time: a plan tells the changes of an object in a row,
    and bodies of a whole fleet as maps are many times what the fleet takes.
    """

    base: Side
    head: Side
    _edits: dict[object, tuple[Edit, ...]] = field(default_factory=dict, init=False)
    _bodies: dict[str, Any] = field(default_factory=dict, init=False)
    _key: ObjectKey | None = field(default=None, init=False)

    def plan(self, plan: Plan) -> Plan:
        """The plan with causes and places; what it does is the same."""
        return replace(
            plan,
            changes=tuple(self._change(one) for one in plan.changes),
            placements=tuple(self._placement(one) for one in plan.placements),
        )

    def _change(self, change: Change) -> Change:
        if change.key != self._key:
            self._key, self._edits, self._bodies = change.key, {}, {}
        if change.desired is None:
            return self._removal(change)
        if change.action is Action.CREATE:
            change = self._creation(change)
        elif change.edits:
            change = replace(change, edits=self._annotated(change))
        if change.desired is not None and change.desired.is_suspended:
            change = replace(change, reason=words_of(change.reason, SUSPENDED))
        return change

    def _creation(self, change: Change) -> Change:
        if change.reason or change.key not in self.base.outcome.fleet.templates:
            return change
        cause, position = self._placed_by(change.key)
        return replace(change, reason=cause, position=position if cause else change.position)

    def _removal(self, change: Change) -> Change:
        reason, position = self._gone(change)
        if change.action is Action.HOLD:
            reason = words_of(reason, WAITS)
        return replace(change, reason=reason, position=position)

    def _gone(self, change: Change) -> tuple[str, Position]:
        """Why nothing desires the object there any more."""
        key = change.key
        if key not in self.head.outcome.fleet.templates:
            return "its document is gone", self.base.template_position(key)
        if change.cluster not in self.head.clusters:
            cluster = self.base.clusters.get(change.cluster)
            where = cluster.position if cluster else Position()
            return f"Cluster {change.cluster} is gone", where
        before, after = self.base.claim(key), self.head.claim(key)
        if after is None and before is not None:
            is_there = before.ref in self.head.policies
            verb = "does not select it any more" if is_there else "is gone"
            return f"{before.ref} {verb}", self._policy_position(before)
        return self._placed_by(key)

    def _policy_position(self, policy: PropagationPolicy) -> Position:
        """Where a policy stands now, else where it stood."""
        now = self.head.policies.get(policy.ref)
        return now.position if now else policy.position

    def _placement(self, change: PlacementChange) -> PlacementChange:
        placed = self.head.outcome.placed.get(change.key)
        message = placed.decision.message if placed else ""
        if change.key not in self.head.outcome.fleet.templates:
            where = self.base.template_position(change.key)
            return replace(change, cause="its document is gone", position=where)
        if placed is None:
            before = self.base.claim(change.key)
            if before is None:
                return change
            cause = f"no policy selects it any more; {before.ref} did"
            return replace(change, cause=cause, position=self._policy_position(before))
        cause, position = self._placed_by(change.key)
        if not cause:
            return change
        return replace(change, cause=f"{message}; {cause}" if message else cause, position=position)

    def _placed_by(self, key: ObjectKey) -> tuple[str, Position]:
        """What changed of all that decides where an object goes."""
        after = self.head.claim(key)
        if after is None:
            return self._required(key)
        found = list(self._inputs(key, after))
        if not found:
            return str(after.ref), self.head.nearest(after.position, ("spec", "placement"))
        causes = [cause for cause, _ in found[:_MOST_CAUSES]]
        rest = len(found) - len(causes)
        causes += [f"{rest} more causes"] if rest else []
        return "; ".join(causes), found[0][1]

    def _required(self, key: ObjectKey) -> tuple[str, Position]:
        """What brings an object along that no policy claims."""
        placed = self.head.outcome.placed.get(key)
        names = {(one.namespace, one.name) for one in placed.remembered.requirers} if placed else ()
        for other, one in self.head.outcome.placed.items():
            if (one.binding.resource.namespace, one.binding.name) in names:
                return f"{other} requires it", self.head.template_position(other)
        return "nothing requires it any more", self.head.template_position(key)

    def _inputs(self, key: ObjectKey, after: PropagationPolicy) -> Iterator[tuple[str, Position]]:
        """Causes with their places, the nearest one first."""
        before = self.base.claim(key)
        placement = self.head.nearest(after.position, ("spec", "placement"))
        if before is None:
            yield f"{after.ref} claims it now", after.position
            return
        if before.ref != after.ref:
            yield f"{after.ref} claims it now, not {before.ref}", after.position
        elif before.digest != after.digest:
            yield f"{after.ref} changed", placement
        old, new = self.base.outcome.placed.get(key), self.head.outcome.placed.get(key)
        if old and new and old.binding.replicas != new.binding.replicas:
            where = self.head.nearest(self.head.template_position(key), ("spec", "replicas"))
            yield f"replicas {old.binding.replicas} -> {new.binding.replicas}", where
        yield from self._clusters(_moved(old, new))

    def _clusters(self, names: Iterable[str]) -> Iterator[tuple[str, Position]]:
        """Documents of these clusters that came, went, or say something else."""
        for name in sorted(names):
            old, new = self.base.clusters.get(name), self.head.clusters.get(name)
            if old is None and new is not None:
                yield f"Cluster {name} is new", new.position
            elif new is None and old is not None:
                yield f"Cluster {name} is gone", old.position
            elif old and new and replace(old, position=new.position) != new:
                said, pointer = cluster_changes(old, new)
                where = self.head.nearest(new.position, pointer) if pointer else new.position
                yield f"Cluster {name} changed{f': {said}' if said else ''}", where

    def _annotated(self, change: Change) -> tuple[Edit, ...]:
        """The edits with their causes; worked out once for clusters that share everything."""
        # Clusters whose comparison was one share its edits, and those of one class their overrides.
        before, after = self.base.applied(change), self.head.applied(change)
        shared = (id(change.edits), id(before), id(after))
        if shared not in self._edits:
            self._edits[shared] = tuple(self._edit(change, edit) for edit in change.edits)
        return self._edits[shared]

    def _edit(self, change: Change, edit: Edit) -> Edit:
        cause, position = self._cause(change, edit)
        return replace(edit, cause=cause, position=position)

    def _cause(self, change: Change, edit: Edit) -> tuple[str, Position]:
        key = change.key
        new, old = self._body(change.desired), self._body(self.base.work(change))
        pointer, earlier = _pointer(edit.path, new), _pointer(edit.path, old)
        template = at(self.head.template(key), pointer)
        has_changed = template != at(self.base.template(key), earlier)
        rule = _last_touching(self.head.applied(change), pointer, new)
        last = _last_touching(self.base.applied(change), earlier, old)
        if rule is not None and not (has_changed and _is_same(rule, last)):
            return f"{rule.policy} rule {rule.rule + 1}", self.head.rule_position(rule)
        if rule is None and last is not None:
            there = self.head.overrides.get(last.policy)
            where = there.position if there else self.base.rule_position(last)
            return f"{last.policy} rule {last.rule + 1} applies no more", where
        if has_changed:
            return "", self.head.nearest(self.head.template_position(key), pointer)
        return self._placed_by(key)

    def _body(self, work: Work | None) -> Any:
        if work is None:
            return {}
        body = self._bodies.get(work.body.digest)
        if body is None:
            body = self._bodies[work.body.digest] = orjson.loads(work.manifest_bytes())
        return body


def words_of(*clauses: str) -> str:
    """The clauses that say something, as one."""
    return "; ".join(clause for clause in clauses if clause)


def _moved(old: Placed | None, new: Placed | None) -> set[str]:
    """Clusters gained, lost, or with another share."""
    before, after = (set(one.remembered.targets) if one else set() for one in (old, new))
    return {target.name for target in before ^ after}


def _pointer(path: str, body: Any) -> Pointer:
    """Where an edit's path leads in a body; nowhere for a path that cannot be read."""
    try:
        return field_pointer(path, body)
    except ValueError:
        return ()


def _last_touching(
    applied: tuple[AppliedOverride, ...], pointer: Pointer, body: Any
) -> AppliedOverride | None:
    """The last rule with an operation at, above or below a place."""
    for one in reversed(applied):
        if any(touches(pointer_of(raw["path"], body), pointer) for raw in one.patch):
            return one
    return None


def _is_same(one: AppliedOverride, other: AppliedOverride | None) -> bool:
    """Whether a rule says what it said before."""
    return other is not None and one == other and one.overriders == other.overriders
