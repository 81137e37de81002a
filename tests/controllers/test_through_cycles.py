"""Controllers and cycles together: what an outage does to a fleet over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from reconciler.controllers import settle
from reconciler.cycle import Engine
from reconciler.model.cluster import ClusterFacts, Condition, ResourceSummary
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.instant import written
from reconciler.model.quantity import Quantity
from reconciler.model.report import Health, MemberStatus, TemplateStatus
from reconciler.model.source import SourceFile
from reconciler.model.world import Outcome, State, World
from reconciler.parse import parse_fleet

WEB = ObjectKey("apps", "Deployment", "shop", "web")
KINDS = {"apps/v1": ("Deployment",), "v1": ("ConfigMap", "Namespace")}
GATES = "featureGates: {Failover: true}"
START = datetime(2026, 1, 1, tzinfo=UTC)
POLICY: dict[str, Any] = {
    "apiVersion": "policy.karmada.io/v1alpha1",
    "kind": "PropagationPolicy",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "propagateDeps": True,
        "resourceSelectors": [{"apiVersion": "apps/v1", "kind": "Deployment"}],
        "placement": {
            "replicaScheduling": {
                "replicaSchedulingType": "Divided",
                "replicaDivisionPreference": "Aggregated",
            }
        },
    },
}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "replicas": 4,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        },
    },
}


def facts(pods: int, ready: str = "True") -> ClusterFacts:
    """A member with room for so many pods."""
    return ClusterFacts(
        enablements=KINDS,
        conditions=(Condition(type="Ready", status=ready),),
        resource_summary=ResourceSummary(allocatable={"pods": Quantity.of(pods)}),
        uid=f"uid-{pods}",
    )


@dataclass
class Fleetlife:
    """A fleet of m1, m2, m3 in that order of room, and the cycles it goes through."""

    policy: dict[str, Any] = field(default_factory=lambda: POLICY)
    members: list[str] = field(default_factory=lambda: ["m1", "m2", "m3"])
    taints: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    ready: dict[str, str] = field(default_factory=dict)
    health: dict[str, tuple[Health, datetime]] = field(default_factory=dict)
    state: State = field(default_factory=State)
    last: Fleet | None = None
    now: datetime = START
    wake: str = ""

    def cycle(self, seconds: float = 10) -> Outcome:
        """One cycle, so many seconds later."""
        self.now += timedelta(seconds=seconds)
        world = World(
            fleet=self._fleet(),
            last_applied=self.last,
            state=self.state,
            facts={
                name: facts(30 - 10 * number, self.ready.get(name, "True"))
                for number, name in enumerate(("m1", "m2", "m3"))
            },
            report={WEB: self._report()},
        )
        now = written(self.now)
        world, self.wake = settle(world, now)
        outcome = Engine().reconcile(world, now)
        assert [str(one) for one in outcome.diagnostics if one.severity == "error"] == []
        self.state, self.last = outcome.state, outcome.fleet
        return outcome

    def targets(self) -> dict[str, int]:
        """Where the Deployment is to run."""
        return {one.name: one.replicas for one in self.state.bindings[WEB].targets}

    def leaving(self) -> list[str]:
        """Where it runs until its replacement does."""
        return [one.from_cluster for one in self.state.bindings[WEB].eviction_tasks]

    def _fleet(self) -> Fleet:
        documents: dict[str, Mapping[str, Any]] = {
            "reconciler.yaml": {
                "apiVersion": "fleet-reconciler.io/v1alpha1",
                "kind": "FleetConfig",
                "fleetId": "life",
                **yaml.safe_load(GATES),
            },
            "policy.yaml": self.policy,
            "web.yaml": DEPLOYMENT,
        }
        for name in self.members:
            documents[f"{name}.yaml"] = {
                "apiVersion": "cluster.karmada.io/v1alpha1",
                "kind": "Cluster",
                "metadata": {"name": name},
                "spec": {
                    "syncMode": "Push",
                    "apiEndpoint": f"https://{name}",
                    "secretRef": {"namespace": "fleet", "name": name},
                    "taints": self.taints.get(name, []),
                },
            }
        files = {
            path: SourceFile(path=path, oid=path, data=yaml.safe_dump(document).encode())
            for path, document in documents.items()
        }
        return parse_fleet(files, revision=written(self.now))

    def _report(self) -> TemplateStatus:
        members = tuple(
            MemberStatus(cluster=name, applied=True, health=health, since=written(since))
            for name, (health, since) in sorted(self.health.items())
        )
        return TemplateStatus(key=WEB, api_version="apps/v1", members=members)


def test_a_tainted_cluster_is_left_once_the_replacement_is_healthy() -> None:
    life = Fleetlife()
    life.cycle()
    assert life.targets() == {"m1": 4}
    life.taints["m1"] = [{"key": "broken", "effect": "NoExecute"}]
    outcome = life.cycle()
    assert (life.targets(), life.leaving()) == ({"m2": 4}, ["m1"])
    assert WEB in outcome.works["m2"]
    life.health["m2"] = (Health.UNHEALTHY, life.now)
    life.cycle()
    assert life.leaving() == ["m1"]
    life.health["m2"] = (Health.HEALTHY, life.now)
    outcome = life.cycle()
    assert life.leaving() == []
    assert WEB not in outcome.works.get("m1", {})
    assert life.wake == ""


def test_a_replacement_that_never_gets_healthy_is_waited_for_ten_minutes() -> None:
    life = Fleetlife()
    life.cycle()
    life.taints["m1"] = [{"key": "broken", "effect": "NoExecute"}]
    life.cycle()
    life.cycle(seconds=600)
    assert life.leaving() == ["m1"]
    life.cycle(seconds=1)
    assert life.leaving() == []


def test_an_outage_moves_nothing_and_takes_nothing_new() -> None:
    life = Fleetlife()
    life.cycle()
    life.ready["m1"] = "Unknown"
    life.cycle()
    assert (life.targets(), life.leaving()) == ({"m1": 4}, [])
    other = Fleetlife(ready={"m1": "False"})
    other.cycle()
    assert other.targets() == {"m2": 4}


def test_an_application_that_fails_moves_on_and_the_clock_survives_a_restart() -> None:
    spec = POLICY["spec"] | {
        "failover": {"application": {"decisionConditions": {"tolerationSeconds": 60}}}
    }
    life = Fleetlife(policy=POLICY | {"spec": spec})
    life.cycle()
    life.health["m1"] = (Health.UNHEALTHY, life.now)
    life.cycle(seconds=60)
    assert life.targets() == {"m1": 4}
    life.cycle(seconds=1)
    assert (life.targets(), life.leaving()) == ({"m2": 4}, ["m1"])


def test_a_cluster_that_leaves_the_fleet_gives_its_replicas_to_others() -> None:
    life = Fleetlife()
    life.cycle()
    life.members.remove("m1")
    outcome = life.cycle()
    assert (life.targets(), life.leaving()) == ({"m2": 4}, [])
    assert [one for one in outcome.plan.changes if one.cluster == "m1"] == []
