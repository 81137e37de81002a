"""Recovering: a lost or damaged state branch, rebuilt from what members hold.

Rule (design §5): only when *all* members answered, for what one of them holds would be forgotten.
The state is rebuilt as of the commit that was last reported, or the newest where nothing says so:
targets and replicas are those that stand on members, generations the highest found there. What Git
has not decided yet is decided by the next pass, which sees the members as they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from reconciler.adapters.members.observe import MANAGED_SELECTOR
from reconciler.adapters.writeback.messages import commit_message
from reconciler.cycle import interpreter_of
from reconciler.diff.ownership import is_our_key, labels_of
from reconciler.interpret.chain import Interpreter, InterpretError, Unanswered
from reconciler.model.binding import BindingState, Target
from reconciler.model.cluster import ClusterFacts
from reconciler.model.errors import (
    MemberRefused,
    MemberUnreachable,
    RewrittenHistory,
    SettingsInvalid,
    StateDamaged,
)
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.member import KindRef
from reconciler.model.source import Move
from reconciler.model.trailers import CAUSE, SOURCE_COMMIT
from reconciler.model.world import Outcome, Placed, State, World
from reconciler.runtime.followed import facts_of
from reconciler.runtime.hub import Hub
from reconciler.runtime.losses import is_blank, is_ours
from reconciler.runtime.members import Members
from reconciler.runtime.ports import Member

_GENERATION: Final = "resourcetemplate.karmada.io/generation"
#: Answers that say that nothing of a kind can stand there.
_NOTHING_THERE: Final = frozenset({404, 405})

_Facts = dict[str, ClusterFacts]
#: Bodies of this fleet's objects by cluster and identity.
Held = Mapping[str, Mapping[ObjectKey, dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """A rebuilt state; `commit` is the one on the state branch, `` while it is only shown."""

    revision: str
    state: State
    commit: str = ""


class Recovering:
    """Rebuilds the state of one hub's fleet."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def recover(self, *, dry_run: bool = False) -> Recovered:
        """Rebuild a state branch that is gone or cannot be read.

        Raises `SettingsInvalid` when the branch is there and readable, `MemberUnreachable` when a
        member did not answer.
        """
        await asyncio.to_thread(self._hub.repository.fetch)
        self._require_loss()
        fleet = self._fleet()
        held, facts = await self._held(fleet)
        state, outcome = self._rebuilt(fleet, held, facts)
        if dry_run:
            return Recovered(revision=fleet.revision, state=state)
        commit = await asyncio.to_thread(self._written, outcome, state)
        return Recovered(revision=fleet.revision, state=state, commit=commit)

    def _require_loss(self) -> None:
        try:
            state = self._hub.gathering.state()
        except StateDamaged:
            return
        if not is_blank(state):
            raise SettingsInvalid(
                "the state branch is there and can be read",
                hint="nothing needs to be recovered; `reconciler apply` goes on from it",
            )

    def _fleet(self) -> Fleet:
        """The fleet of the last reported commit, else of the newest."""
        gathering, repository = self._hub.gathering, self._hub.repository
        head = repository.head().id
        revision = str((gathering.summary() or {}).get("sourceCommit") or head)
        try:
            repository.require_descent(revision, head)
        except RewrittenHistory:
            revision = head
        fleet = gathering.base(revision, gathering.inventory())
        if fleet.config is None or fleet.is_held:
            raise SettingsInvalid(
                f"the fleet of commit {revision[:12]} cannot be read",
                hint="see `reconciler validate`",
            )
        return fleet

    async def _held(self, fleet: Fleet) -> tuple[Held, dict[str, ClusterFacts]]:
        """Everything of this fleet on every member; all of them have to answer."""
        assert fleet.config is not None, "a fleet without settings is refused"
        members = Members(at_once=self._hub.settings.members_at_once)
        try:
            await members.probe(fleet.clusters, self._hub.opener)
            _require_all(members.unreadable)
            names = list(members.open)
            found = await asyncio.gather(
                *(
                    _ours(members.open[name], members.facts[name], fleet.config.fleet_id)
                    for name in names
                )
            )
            held = dict(zip(names, found, strict=True))
            return self._with_followed(fleet, held, dict(members.facts))
        finally:
            await members.close()

    def _with_followed(
        self, fleet: Fleet, held: dict[str, dict[ObjectKey, dict[str, Any]]], facts: _Facts
    ) -> tuple[Held, _Facts]:
        """Together with what works branches hold that stand for members."""
        followed, unreadable = self._hub.followed.of(fleet.clusters)
        _require_all(unreadable)
        for name, branch in followed.items():
            held[name] = {
                key: body
                for key, work in branch.works.items()
                if any(map(is_our_key, labels_of(body := orjson.loads(work.manifest_bytes()))))
            }
            facts[name] = facts_of(name, {})
        return held, facts

    def _rebuilt(
        self, fleet: Fleet, held: Held, facts: Mapping[str, ClusterFacts]
    ) -> tuple[State, Outcome]:
        stamp = self._hub.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        world = World(fleet=fleet, facts=facts)
        outcome = self._hub.engine.reconcile(world, stamp)
        interpreter = interpreter_of(outcome.fleet, world)
        placed = {
            key: replace(one, remembered=_as_held(one, _bodies(held, key), interpreter))
            for key, one in outcome.placed.items()
        }
        state = replace(
            outcome.state,
            bindings={key: one.remembered for key, one in placed.items()},
            recorded={name: frozenset(objects) for name, objects in held.items() if objects},
            member_uids={name: one.uid for name, one in facts.items() if one.uid},
            deletions=(),
        )
        return state, replace(outcome, placed=placed, state=state, removed=())

    def _written(self, outcome: Outcome, state: State) -> str:
        hub = self._hub
        files = {
            **hub.files.bindings(outcome, State()),
            **hub.files.cursor(state),
            **hub.files.ledgers(state, State()),
        }
        branch, content = hub.repository.state_branch, hub.repository.state()
        move = branch.propose_all(
            content,
            {path: data for path, data in files.items() if data is not None},
            message=commit_message(
                f"Recover the state of {len(state.bindings)} bindings from members",
                trailers=((SOURCE_COMMIT, outcome.fleet.revision), (CAUSE, "recovery")),
            ),
            time=hub.clock.now(),
        )
        assert move is not None, "a lost state differs from a rebuilt one"
        hub.allowed()
        hub.repository.writer.push([Move(ref=branch.ref, expected=content.tip, new=move.new)])
        return move.new or ""


def _require_all(unreadable: Mapping[str, str]) -> None:
    if unreadable:
        names = ", ".join(sorted(unreadable))
        raise MemberUnreachable(
            f"not every member answered: {names}",
            hint="what stands on a silent member would be forgotten; bring it back, or remove its "
            "Cluster, and recover then",
        )


async def _ours(
    member: Member, facts: ClusterFacts, fleet_id: str
) -> dict[ObjectKey, dict[str, Any]]:
    """Every object of this fleet on one member, of every kind that it serves."""
    listings = await asyncio.gather(*(_listed(member, ref) for ref in _kinds(facts)))
    return {
        Manifest(body).key: body
        for bodies in listings
        for body in bodies
        if is_ours(body, fleet_id)
    }


def _kinds(facts: ClusterFacts) -> Iterator[KindRef]:
    """Every kind once, in the first version that serves it."""
    seen: set[tuple[str, str]] = set()
    for version, kinds in facts.enablements.items():
        group = version.rpartition("/")[0]
        for kind in kinds:
            if (group, kind) not in seen:
                seen.add((group, kind))
                yield KindRef(api_version=version, kind=kind)


async def _listed(member: Member, ref: KindRef) -> tuple[dict[str, Any], ...]:
    try:
        return (await member.list(ref, label_selector=MANAGED_SELECTOR)).items
    except MemberRefused as refusal:
        if refusal.status in _NOTHING_THERE:
            return ()
        raise


def _bodies(held: Held, key: ObjectKey) -> dict[str, dict[str, Any]]:
    return {name: objects[key] for name, objects in held.items() if key in objects}


def _as_held(
    one: Placed, bodies: Mapping[str, dict[str, Any]], interpreter: Interpreter
) -> BindingState:
    """What a binding must have been for its objects to stand as they do."""
    remembered = one.remembered
    if not bodies:
        return replace(remembered, targets=(), applied_placement=None, last_scheduled="")
    generation = max([remembered.generation, *map(_generation, bodies.values())])
    if one.binding.claim is None:
        return replace(remembered, generation=generation)
    targets = tuple(
        Target(name=name, replicas=_replicas(one, body, interpreter))
        for name, body in sorted(bodies.items())
    )
    known = {target.name: target for target in remembered.targets}
    targets = tuple(
        replace(target, components=known[target.name].components)
        if target.name in known
        else target
        for target in targets
    )
    return replace(remembered, targets=targets, generation=generation)


def _replicas(one: Placed, body: dict[str, Any], interpreter: Interpreter) -> int:
    if not one.binding.is_workload:
        return 0
    try:
        answer = interpreter.get_replicas(body)
    except (InterpretError, Unanswered):
        answer = None
    return one.binding.replicas if answer is None else answer.replicas


def _generation(body: Mapping[str, Any]) -> int:
    text = Manifest(dict(body)).annotations.get(_GENERATION, "")
    return int(text) if text.isascii() and text.isdigit() else 0


def summary_of(recovered: Recovered) -> Iterable[tuple[str, int]]:
    """Clusters and how many objects of ours were found there."""
    return [(name, len(keys)) for name, keys in recovered.state.recorded.items()]
