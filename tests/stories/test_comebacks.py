"""Members that come back after an outage: what Git asked for meanwhile is decided first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import orjson

from reconciler.cycle import Engine
from reconciler.model.change import Action
from reconciler.model.cluster import Condition
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.source import SourceFile
from reconciler.model.world import Observed, Outcome, State, World
from reconciler.parse import parse_fleet
from tests.stories.test_placements import CONFIG, NGINX, cluster, facts, placement

KEY = ObjectKey("apps", "Deployment", "default", "nginx")
BOTH, ELSEWHERE, GONE = ("m1", "m2"), ("m2",), ()


@dataclass
class Outage:
    """Two members and what they hold; `ready` says what counts of m1, `answers` whether it does."""

    ready: str = "True"
    answers: bool = True
    state: State = field(default_factory=State)
    last: Fleet | None = None
    held: dict[str, dict[str, object]] = field(default_factory=dict)
    passes: int = 0

    def cycle(self, clusters: tuple[str, ...]) -> dict[str, Action]:
        """One cycle of a commit that names these clusters, carried out; what happened by member."""
        self.passes += 1
        fleet = self._fleet(clusters)
        outcome = Engine().reconcile(self._world(fleet), f"2026-01-01T00:{self.passes:02}:00Z")
        self.state, self.last = outcome.state, fleet
        return self._carried_out(outcome)

    def targets(self) -> set[str]:
        """Where the Deployment is placed."""
        return {one.name for one in self.state.bindings[KEY].targets}

    def _fleet(self, clusters: tuple[str, ...]) -> Fleet:
        names = "{clusterNames: [" + ", ".join(clusters) + "]}"
        documents = [CONFIG, cluster("m1"), cluster("m2")]
        if clusters:
            documents += [NGINX, placement(f"clusterAffinity: {names}")]
        files = {}
        for number, text in enumerate(documents):
            path = f"{number}.yaml" if number else "reconciler.yaml"
            oid = f"{hash((path, text)) & (16**40 - 1):040x}"
            files[path] = SourceFile(path=path, oid=oid, data=text.encode())
        return parse_fleet(files, revision=f"{self.passes:040}")

    def _world(self, fleet: Fleet) -> World:
        counts = Condition(type="Ready", status=self.ready)
        return World(
            fleet=fleet,
            last_applied=self.last,
            state=self.state,
            facts={
                "m1": replace(facts(), conditions=(counts,), uid="m1"),
                "m2": replace(facts(), uid="m2"),
            },
            observed={
                name: self._observed(name) for name in ("m1", "m2") if name == "m2" or self.answers
            },
            unreadable={} if self.answers else {"m1": "it does not answer"},
        )

    def _observed(self, name: str) -> Observed:
        held = self.held.get(name)
        namespaces = frozenset({"default"})
        return Observed(objects={KEY: held} if held else {}, namespaces=namespaces)

    def _carried_out(self, outcome: Outcome) -> dict[str, Action]:
        done: dict[str, Action] = {}
        for change in outcome.plan.changes:
            if change.key != KEY or change.action is Action.UNCHANGED:
                continue
            done[change.cluster] = change.action
            if change.action is Action.DELETE:
                del self.held[change.cluster]
            else:
                self.held[change.cluster] = self._stored(change.payload)
        return done

    def _stored(self, payload: bytes) -> dict[str, object]:
        body = orjson.loads(payload)
        body["metadata"] |= {"uid": f"uid-{self.passes}", "resourceVersion": "1"}
        return dict(body)


def test_what_moved_away_and_back_during_an_outage_is_never_deleted() -> None:
    """m1 answers again half a minute before it counts as ready: placing goes by what counts."""
    outage = Outage()
    outage.cycle(BOTH)
    outage.ready, outage.answers = "False", False
    outage.cycle(ELSEWHERE)
    outage.cycle(BOTH)
    assert outage.targets() == {"m2"}, "nothing new is placed on a member that is not ready"
    outage.answers = True
    assert Action.DELETE not in outage.cycle(BOTH).values()
    outage.ready = "True"
    assert Action.DELETE not in outage.cycle(BOTH).values()
    assert outage.targets() == {"m1", "m2"}


def test_what_left_during_an_outage_is_deleted_once_the_member_is_ready() -> None:
    outage = Outage()
    outage.cycle(BOTH)
    outage.ready, outage.answers = "False", False
    assert outage.cycle(GONE) == {"m2": Action.DELETE}
    outage.answers = True
    assert outage.cycle(GONE) == {}
    outage.ready = "True"
    assert outage.cycle(GONE) == {"m1": Action.DELETE}
    assert outage.held == {}
