"""Guards: which deletions may run, and which wait for a person (design §7).

Rules
- Every delete and recreate of an object of ours counts, but for a workload that moved and whose
  replacement is healthy. What was deleted within the last hour counts too, so that slicing a
  deletion into commits gains nothing.
- A cluster and the fleet each allow max(count, share of what is managed there), by the guards of
  the last applied commit and of the new one, and by those under which deletions wait already: the
  strictest wins.
- Kinds that take more with them, and objects labelled as protected, need approval always.
- Over a budget, all deletions that nobody approved wait together, and the rest of the plan goes on.
- An approval permits exactly the deletions it was given for, recognised by cluster, identity and
  observed uid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from reconciler.model.change import Action, Change, HeldDelete, Hold
from reconciler.model.config import Budget, FleetConfig, Guards
from reconciler.model.identity import ObjectKey
from reconciler.model.text import count_of, listed
from reconciler.model.world import Deletion, State
from reconciler.plan.digest import hold_digest

_MOST_NAMED = 6
WINDOW = timedelta(hours=1)
PROTECTED = "deleting it needs approval always"

Place = tuple[str, ObjectKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardInput:
    """What the guards look at besides the changes.

    `guards`: of the last applied commit and of the new one, whichever there are. `managed`: objects
    of ours by cluster. `moved`: deletions that only end a move whose replacement is healthy. `now`
    is RFC 3339.
    """

    guards: Sequence[Guards]
    state: State
    now: str
    managed: Mapping[str, int] = field(default_factory=dict)
    moved: frozenset[Place] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """One budget in use: where, how much it allows, what of it is used up, what is wanted."""

    name: str
    allowed: int
    used: int
    wanted: int
    is_cluster: bool = False

    @property
    def is_exceeded(self) -> bool:
        return self.wanted > 0 and self.used + self.wanted > self.allowed

    def told(self, where: str) -> str:
        """`3 deletions on eu-1 exceed the budget of 1`."""
        before = f" after {self.used} in the last hour" if self.used else ""
        verb = "exceeds" if self.wanted == 1 else "exceed"
        wanted = count_of(self.wanted, "deletion")
        return f"{wanted} {where}{before} {verb} the budget of {self.allowed}"


def guards_of(
    before: FleetConfig | None, after: FleetConfig | None, state: State
) -> tuple[Guards, ...]:
    """All guards that count, each once, in an order that stays."""
    configs = [config.guards for config in (before, after) if config is not None]
    return tuple(dict.fromkeys((*state.held_guards, *configs)))


def guarded(changes: Sequence[Change], given: GuardInput) -> tuple[list[Change], Hold | None]:
    """The changes, those that have to wait turned into holds, and the hold that names them."""
    counted = [one for one in changes if _is_counted(one, given.moved)]
    unapproved = [one for one in counted if not _is_approved(one, given.state)]
    protected = [one for one in unapproved if one.is_protected]
    halted = {(one.cluster, one.key) for one in protected}
    running = [one for one in counted if (one.cluster, one.key) not in halted]
    asking = {one.cluster for one in unapproved}
    exceeded = list(_told(one for one in _scopes(running, asking, given) if one.is_exceeded))
    waiting = unapproved if exceeded else protected
    if not waiting:
        return list(changes), None
    hold = _hold(waiting, exceeded)
    if hold.digest in given.state.approved:
        return list(changes), None
    held = {(one.cluster, one.key) for one in waiting}
    return [_held(one) if (one.cluster, one.key) in held else one for one in changes], hold


def _told(exceeded: Iterable[_Scope]) -> Iterator[str]:
    """A clause for every budget; one for many clusters that exceed the same by the same."""
    alike: dict[_Scope, list[str]] = {}
    for scope in exceeded:
        alike.setdefault(replace(scope, name="") if scope.is_cluster else scope, []).append(
            scope.name
        )
    for scope, names in alike.items():
        if not scope.is_cluster:
            yield scope.told(scope.name)
        elif len(names) <= _MOST_NAMED:
            yield from (scope.told(f"on {name}") for name in names)
        else:
            yield scope.told(f"on each of {len(names)} clusters ({listed(names, _MOST_NAMED)})")


def _is_counted(change: Change, moved: frozenset[Place]) -> bool:
    if change.action is Action.RECREATE:
        return True
    return change.action is Action.DELETE and (change.cluster, change.key) not in moved


def _is_approved(change: Change, state: State) -> bool:
    return (change.cluster, change.key, change.uid) in state.approved_deletes


def _hold(waiting: Iterable[Change], exceeded: list[str]) -> Hold:
    deletes = tuple(
        HeldDelete(
            cluster=one.cluster,
            key=one.key,
            uid=one.uid,
            why=PROTECTED if one.is_protected else "the deletion budget is exceeded",
        )
        for one in sorted(waiting, key=lambda one: (one.key, one.cluster))
    )
    protected = sorted({one.key.kind for one in deletes if one.why == PROTECTED})
    always = [f"deleting {kind} needs approval always" for kind in protected]
    return Hold(digest=hold_digest(deletes), deletes=deletes, reasons=(*exceeded, *always))


def _held(change: Change) -> Change:
    reason = f"{change.reason}; it waits for approval" if change.reason else "it waits for approval"
    return replace(change, action=Action.HOLD, reason=reason)


def _scopes(running: Sequence[Change], asking: set[str], given: GuardInput) -> list[_Scope]:
    """Every cluster where a deletion is not approved, in order, then the fleet.

    What is approved counts as well, but does not stop others on clusters it does not concern.
    """
    recent = recent_deletions(given.state.deletions, given.now)
    wanted = Counter(one.cluster for one in running)
    used = Counter(one.cluster for one in recent)
    per_cluster = [guards.per_cluster for guards in given.guards]
    scopes = [
        _Scope(
            name=cluster,
            is_cluster=True,
            allowed=_allowance(per_cluster, given.managed.get(cluster, 0)),
            used=used[cluster],
            wanted=wanted[cluster],
        )
        for cluster in sorted(asking & wanted.keys())
    ]
    fleet = _Scope(
        name="in the fleet",
        allowed=_allowance(
            [guards.per_fleet for guards in given.guards], sum(given.managed.values())
        ),
        used=len(recent),
        wanted=len(running),
    )
    return [*scopes, fleet]


def _allowance(budgets: Iterable[Budget], managed: int) -> int:
    return min(budget.allowance(managed) for budget in budgets)


def recent_deletions(deletions: Iterable[Deletion], now: str) -> list[Deletion]:
    """Those within the window before now.

    One from the future counts, clocks may differ; one without a readable time counts as well.
    """
    start = datetime.fromisoformat(now) - WINDOW
    return [one for one in deletions if not _is_before(one.at, start)]


def _is_before(at: str, start: datetime) -> bool:
    try:
        return datetime.fromisoformat(at) <= start
    except (ValueError, TypeError):
        return False
