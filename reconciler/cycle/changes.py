"""Changes: what every member needs, from its Works and what it was observed to hold.

Two sources of "observed" make the two plans: members' answers (apply, and dry runs of it), or the
Works of the base
commit (offline). Rules: nothing is compared on a member that could not be read; nothing happens to
untouched
objects; only what is recorded as placed by us is deleted, and nothing on a member that does not
count as ready.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from reconciler.diff.compare import NOT_PLACED, compare
from reconciler.diff.context import Context, Retain
from reconciler.diff.namespaces import bare_namespaces
from reconciler.diff.redact import NO_SECRETS, SecretValues
from reconciler.diff.works import compare_works
from reconciler.interpret.chain import Interpreter, InterpretError, Question, Unanswered
from reconciler.model.change import Action, Change
from reconciler.model.config import FleetConfig
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.work import Work
from reconciler.model.works import FleetWorks, ObjectWorks, WorkClass
from reconciler.model.world import Observed, Outcome, Works, World

_NONE: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a comparison found: changes, perhaps with some that are none, and the number of Works
    that did not even have to be looked at.
    """

    changes: list[Change]
    unchanged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing:
    """What all members share.

    `untouched` are (cluster, identity) that keep whatever they have, `preserved` identities whose
    policy leaves
    them behind. `recorded` by cluster. `unready` are members that keep what was placed there.
    """

    fleet: Fleet
    config: FleetConfig
    retain: Retain
    recorded: Mapping[str, frozenset[ObjectKey]]
    untouched: frozenset[tuple[str, ObjectKey]] = frozenset()
    preserved: frozenset[ObjectKey] = frozenset()
    unready: frozenset[str] = frozenset()
    secrets: SecretValues = field(default=NO_SECRETS)

    def with_members(self, works: Works, observed: Mapping[str, Observed | None]) -> Compared:
        """Changes of every member that was read."""
        changes: list[Change] = []
        for cluster in sorted(observed):
            seen = observed[cluster]
            if seen is not None:
                changes += self._member(cluster, works.get(cluster, {}), seen)
        return Compared(changes=changes)

    def with_base(self, works: FleetWorks, base: FleetWorks) -> Compared:
        """Changes from the base commit's Works to these; the same Works are only counted."""
        held, withheld = dict[ObjectKey, set[str]](), self._withheld
        for cluster, key in self.untouched:
            held.setdefault(key, set()).add(cluster)
        nothing, changes, unchanged = ObjectWorks({}), list[Change](), 0
        for key in sorted({**base.objects, **works.objects}):
            before, after = base.objects.get(key, nothing), works.objects.get(key, nothing)
            left = held.get(key, _NONE) | (withheld if key.is_secret else _NONE)
            if before is after:
                unchanged += len(after.clusters - left)
            else:
                compared = self._object(before, after, left)
                changes += compared.changes
                unchanged += compared.unchanged
        return Compared(changes=changes, unchanged=unchanged)

    def _object(self, before: ObjectWorks, after: ObjectWorks, held: Collection[str]) -> Compared:
        """Changes of one object, judged once for all clusters that go from one class to another."""
        judged: dict[tuple[int, int], Change | None] = {}
        changes, unchanged = list[Change](), 0
        for cluster in sorted((before.clusters | after.clusters) - frozenset(held)):
            old, new = before.classes.get(cluster), after.classes.get(cluster)
            classes = (id(old), id(new))
            if classes not in judged:
                judged[classes] = self._judged(cluster, old, new)
            change = judged[classes]
            if change is None:
                unchanged += 1
            elif change.cluster == cluster:
                changes.append(change)
            else:
                desired = None if new is None else new.work(cluster)
                changes.append(replace(change, cluster=cluster, desired=desired))
        return Compared(changes=changes, unchanged=unchanged)

    def _judged(self, cluster: str, old: WorkClass | None, new: WorkClass | None) -> Change | None:
        """The change from one class to another, seen on one cluster; None where there is none."""
        before = None if old is None else old.work(cluster)
        after = None if new is None else new.work(cluster)
        change = compare_works(before, after, self.secrets)
        return None if change.action is Action.UNCHANGED else self._placed(change)

    @property
    def _withheld(self) -> frozenset[str]:
        """Clusters that get no Secrets: those that follow a branch without their values."""
        if self.config.write_back.has_secrets:
            return _NONE
        return frozenset(one.name for one in self.fleet.clusters if one.is_pulling)

    def again(self, change: Change, observed: dict[str, Any] | None) -> Change:
        """The decision about one object as it is observed now."""
        if change.desired is None and observed is None:
            return replace(change, action=Action.UNCHANGED, reason="it is gone")
        decided = compare(change.desired, observed, self._context(change.cluster))
        return self._placed(decided)

    def _context(self, cluster: str) -> Context:
        return Context(
            cluster=cluster,
            fleet_id=self.config.fleet_id,
            retain=self.retain,
            ignore_differences=self.config.ignore_differences,
            adopt=self.config.adopt,
            secrets=self.secrets,
            recorded=self.recorded.get(cluster, frozenset()),
            preserved=self.preserved,
        )

    def _member(
        self, cluster: str, works: Mapping[ObjectKey, Work], seen: Observed
    ) -> Iterator[Change]:
        if seen.works is not None:
            yield from self._followed(cluster, works, seen.works)
            return
        context = self._context(cluster)
        wanted = self._dispatched(cluster, works)
        yield from bare_namespaces(cluster, wanted, seen.namespaces)
        for work in wanted:
            yield self._placed(compare(work, seen.objects.get(work.key), context))
        if cluster in self.unready:
            return
        for key in self._leftovers(cluster, works, context):
            body = seen.objects.get(key)
            if body is not None:
                yield compare(None, body, context)

    def _followed(
        self, cluster: str, works: Mapping[ObjectKey, Work], held: Mapping[ObjectKey, Work]
    ) -> Iterator[Change]:
        """Changes of a branch that stands for a member: nobody else writes there, so that texts are
        compared. Secrets go there only where the fleet says so, and a preserved object stays.
        """
        context, withheld = self._context(cluster), self._withheld
        wanted = [
            work
            for work in self._dispatched(cluster, works)
            if not (work.key.is_secret and cluster in withheld)
        ]
        namespaces = frozenset(key.name for key in held if key.is_namespace)
        yield from bare_namespaces(cluster, wanted, namespaces)
        for work in wanted:
            yield self._placed(compare_works(held.get(work.key), work, self.secrets))
        for key in self._leftovers(cluster, works, context):
            if key in held and key not in self.preserved:
                yield replace(compare_works(held[key], None), reason=NOT_PLACED)

    def _dispatched(self, cluster: str, works: Mapping[ObjectKey, Work]) -> list[Work]:
        return [
            work
            for key, work in works.items()
            if not work.is_suspended and (cluster, key) not in self.untouched
        ]

    def _leftovers(
        self, cluster: str, works: Mapping[ObjectKey, Work], context: Context
    ) -> Iterable[ObjectKey]:
        return sorted(
            key
            for key in context.recorded
            if key not in works and (cluster, key) not in self.untouched
        )

    def _placed(self, change: Change) -> Change:
        """The change with the place its template stands at."""
        if change.action is Action.UNCHANGED or change.position.path:
            return change
        template = self.fleet.templates.get(change.key)
        return replace(change, position=template.position) if template else change


def noting(retain: Retain, questions: list[Question]) -> Retain:
    """Retention that notes what a webhook has to be asked first; until then its object is left
    alone.
    """

    def noted(desired: dict[str, Any], observed: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return retain(desired, observed)
        except Unanswered as unanswered:
            questions.append(unanswered.question)
            raise InterpretError(str(unanswered)) from unanswered

    return noted


def recomparing(
    outcome: Outcome, world: World
) -> Callable[[Change, dict[str, Any] | None], Change]:
    """How one change is decided again when the member changed in between."""
    fleet, config = outcome.fleet, outcome.fleet.config or FleetConfig()
    interpreter = Interpreter(
        [one.body for one in fleet.customizations],
        webhooks=[one.body for one in fleet.webhooks],
        answers=world.answers,
    )
    comparing = Comparing(
        fleet=fleet,
        config=config,
        retain=noting(interpreter.retain, []),
        recorded=world.state.recorded,
        secrets=SecretValues.of(
            template.manifest.body for key, template in fleet.templates.items() if key.is_secret
        ),
    )
    return comparing.again
