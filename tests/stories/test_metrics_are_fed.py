"""Every metric that is declared is fed by a service that lives through an ordinary bad day."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.adapters.members.pacing import Limits
from reconciler.adapters.simulation import Faults, SimulatedFleet
from reconciler.adapters.simulation.faults import HEALTHY
from reconciler.adapters.web import MetricsBoard
from reconciler.model.metric import METRICS
from reconciler.runtime.loop import ServiceOptions
from reconciler.runtime.service_settings import ServiceSettings
from reconciler.runtime.serving import Server
from reconciler.runtime.settings import Settings
from tests.realcluster import free_port
from tests.stories.fleetbench import config_map, deployment, policy
from tests.stories.servicebench import CONFIG, SourceRepo, eventually

SECRET = "webhook-secret-of-the-test"
#: So few series of one metric that a small fleet has too many.
MOST_SERIES = 40


class Day:
    """What people and members do, seen from outside."""

    def __init__(self, source: SourceRepo, fleet: SimulatedFleet, port: int) -> None:
        self.source, self.fleet, self.port = source, fleet, port

    def series(self, name: str) -> list[float]:
        """The values that `/metrics` has of one metric."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as got:
            text = got.read().decode()
        found = re.findall(rf"^{name}(?:_count)?(?:{{.*}})? (\S+)$", text, re.MULTILINE)
        return [float(value) for value in found]

    def has(self, name: str) -> bool:
        """Whether one series of the metric is above 0."""
        return any(value > 0 for value in self.series(name))

    def begins(self) -> None:
        """The first commit is applied."""
        eventually(lambda: self.listens() and self.has("reconciler_everything_applied"), 30)

    def listens(self) -> bool:
        """Whether the service answers."""
        try:
            return bool(self.series("reconciler_leader"))
        except OSError:
            return False

    def announces_a_push(self) -> None:
        """The Git host tells of a push."""
        body = json.dumps({"ref": "refs/heads/main", "repository": {"clone_url": URL}}).encode()
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={digest}"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/webhook/github", data=body, headers=headers
        )
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - ours
            assert answer.status == 202

    def changes_policies(self) -> None:
        """One object goes to another policy, another leaves Git, a third asks for too much."""
        selector = {"apiVersion": "v1", "kind": "ConfigMap", "name": "settings-1"}
        own = policy("own", resourceSelectors=[selector], priority=7)
        self.source.documents("own.yaml", own)
        self.source.remove("settings/0.yaml")
        self.source.commit("change policies")
        eventually(lambda: self.has("policy_preemption_total"))
        eventually(lambda: self.has("delete_resource_from_cluster"))

    def taints_a_member(self) -> None:
        """What runs on a tainted member moves, gracefully."""
        path = self.source.repo / "clusters" / "member2.yaml"
        path.write_text(f"{path.read_text()}  taints: [{{key: away, effect: NoExecute}}]\n")
        self.source.commit("taint member2")
        eventually(lambda: self.has("eviction_queue_depth"), 30)
        assert self.has("eviction_kind_total")
        eventually(lambda: self.has("eviction_processing_total"), 60)

    def fights(self) -> None:
        """Somebody changes an object back, again and again."""
        member = self.fleet["member1"]
        for number in range(8):
            change = {"data": {"level": f"other {number}"}}
            member.patch("v1", "ConfigMap", "settings-2", change, namespace="shop")
            time.sleep(0.15)
        eventually(lambda: self.has("reconciler_field_fights"))

    def loses_a_member(self) -> None:
        """A member hangs up on everybody."""
        self.fleet["member3"].faults = Faults(drop_probability=1.0)
        self.source.documents("settings/2.yaml", config_map("settings-2", level="1"))
        self.source.commit("change while one is away")
        eventually(lambda: self.has("reconciler_member_circuit_open"), 30)
        eventually(lambda: self.has("reconciler_cluster_frozen"), 30)
        self.fleet["member3"].faults = HEALTHY


URL = "https://git.example/shop/fleet"


@pytest.fixture
def fleet() -> Iterator[SimulatedFleet]:
    """Three members."""
    fleet = SimulatedFleet(3, nodes=1)
    yield fleet
    fleet.stop()


@pytest.fixture
def source(tmp_path: Path, fleet: SimulatedFleet) -> SourceRepo:
    """A fleet repo with more objects than a metric may have series."""
    source = SourceRepo(tmp_path, fleet.start())
    gates = "featureGates: {Failover: true, GracefulEviction: true}\n"
    source.write("reconciler.yaml", CONFIG + gates)
    source.documents("web.yaml", deployment("web"))
    for number in range(MOST_SERIES + 5):
        settings = config_map(f"settings-{number}", level="0")
        source.documents(f"settings/{number}.yaml", settings)
    kinds = (("apps/v1", "Deployment"), ("v1", "ConfigMap"))
    source.documents("policy.yaml", policy("all", *kinds))
    source.commit("begin")
    return source


def server(source: SourceRepo, port: int) -> Server:
    """The service, in this process."""
    return Server(
        settings=Settings(
            repo=str(source.repo),
            workdir=source.folder / "work",
            credentials=source.credentials,
            limits=Limits(attempts=1, failures_to_open=2),
        ),
        service=ServiceSettings(
            listen=("127.0.0.1", port), webhook_secret=SECRET, webhook_urls=(URL,)
        ),
        options=ServiceOptions(quiet_seconds=1.0),
        board=MetricsBoard(most_series=MOST_SERIES),
    )


def test_every_declared_metric_gets_a_sample(source: SourceRepo, fleet: SimulatedFleet) -> None:
    """A new metric that nothing feeds fails here by its name."""
    port = free_port()
    day = Day(source, fleet, port)

    def lived() -> set[str]:
        day.begins()
        day.announces_a_push()
        day.changes_policies()
        day.fights()
        day.taints_a_member()
        day.loses_a_member()
        return {name for name in METRICS if not day.series(name)}

    async def story() -> set[str]:
        one = server(source, port)
        serving = asyncio.create_task(one.run())
        try:
            return await asyncio.to_thread(lived)
        finally:
            one.stop()
            await serving

    assert asyncio.run(story()) == set()
