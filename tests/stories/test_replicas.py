"""Two replicas and one Lease: one acts, the other takes over, and who was deposed stays silent."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.adapters.simulation import Faults, SimulatedCluster, SimulatedFleet
from tests.githttp import GitServer, serving
from tests.stories.fleetbench import config_map, policy
from tests.stories.servicebench import RunningHub, SourceRepo, eventually
from tests.stories.test_service import (
    SECRET,
    Counted,
    delivered,
    everywhere,
    set_level,
    stopped_in_order,
)

LEASE = "fleet-reconciler/fleet-reconciler"


@pytest.fixture
def fleet() -> Iterator[Counted]:
    """Two members."""
    fleet = Counted(2, nodes=1)
    yield fleet
    fleet.stop()


@pytest.fixture
def replicas(tmp_path: Path, fleet: Counted) -> Iterator[list[RunningHub]]:
    """Two replicas that share a Lease in a cluster of their own, not started yet."""
    source = SourceRepo(tmp_path, fleet.start())
    source.documents("settings.yaml", config_map("settings", level="0"))
    source.documents("policy.yaml", policy("all", ("v1", "ConfigMap")))
    source.commit("begin")
    hub = SimulatedFleet(["hub"], controllers=False)
    end = hub.start()["hub"]
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fleet-reconciler"}}
    hub["hub"].create(namespace)
    named = {"name": "it"}
    file = tmp_path / "hub.conf"
    file.write_text(
        json.dumps(
            {
                "current-context": "it",
                "clusters": [{**named, "cluster": {"server": end.url}}],
                "users": [{**named, "user": {"token": end.token}}],
                "contexts": [{**named, "context": {"cluster": "it", "user": "it"}}],
            }
        )
    )
    arguments = (f"--lease={LEASE}", f"--hub-kubeconfig={file}")
    found = [RunningHub(source, arguments=arguments, workdir=name) for name in ("first", "second")]
    yield found
    for one in found:
        if one.process is not None:
            one.signal(signal.SIGCONT)
            one.kill()
    hub.stop()


def leads(replica: RunningHub) -> bool:
    """Whether it says that it leads."""
    return "reconciler_leader 1" in replica.get("/metrics")[1]


def one_leads(replicas: list[RunningHub]) -> tuple[RunningHub, RunningHub]:
    """The leader and the other one, once there is a leader and both listen."""
    for replica in replicas:
        replica.start()
    eventually(lambda: all(one.get("/readyz")[0] == 200 for one in replicas), 30)
    leaders = eventually(lambda: [one for one in replicas if leads(one)], 30)
    assert len(leaders) == 1
    return leaders[0], next(one for one in replicas if one is not leaders[0])


def test_the_other_acts_when_the_leader_is_killed(
    replicas: list[RunningHub], fleet: Counted
) -> None:
    leader, other = one_leads(replicas)
    eventually(lambda: everywhere(fleet, "0"))
    leader.kill()
    began = time.monotonic()
    set_level(leader.source, "1")
    eventually(lambda: everywhere(fleet, "1"), 30)
    took = time.monotonic() - began
    print(f"from the leader's death to the next commit on all members: {took:.1f} s")
    assert took < 15
    assert leads(other)


def test_a_leader_that_stops_in_order_hands_over_at_once(
    replicas: list[RunningHub], fleet: Counted
) -> None:
    leader, _ = one_leads(replicas)
    eventually(lambda: everywhere(fleet, "0"))
    assert leader.stop() == 0
    began = time.monotonic()
    set_level(leader.source, "1")
    eventually(lambda: everywhere(fleet, "1"), 30)
    assert time.monotonic() - began < 8


def test_a_leader_that_stops_in_the_middle_of_a_wave_ends_its_pass_first(
    replicas: list[RunningHub], fleet: Counted
) -> None:
    leader, _ = one_leads(replicas)
    eventually(lambda: everywhere(fleet, "0"))
    eventually(lambda: leader.lines("pass"))
    for cluster in fleet:
        cluster.faults = Faults(latency_seconds=0.4)
    many = [config_map(f"many-{number}", value="1") for number in range(60)]
    leader.source.documents("many.yaml", *many)
    commit = leader.source.commit("many")
    eventually(lambda: fleet["member1"].get("v1", "ConfigMap", "many-0", "shop"), 20)
    assert leader.stop(20) == 0
    stopped_in_order(leader, commit)
    for cluster in fleet:
        cluster.faults = Faults()
    eventually(lambda: all(len(every(cluster)) == 60 for cluster in fleet), 30)


def every(cluster: SimulatedCluster) -> list[str]:
    """Names of the many that are there."""
    names = (one["metadata"]["name"] for one in cluster.list("v1", "ConfigMap", "shop"))
    return [name for name in names if name.startswith("many-")]


@pytest.mark.slow
def test_a_leader_that_slept_past_its_lease_does_nothing(
    replicas: list[RunningHub], fleet: Counted
) -> None:
    leader, other = one_leads(replicas)
    eventually(lambda: everywhere(fleet, "0"))
    eventually(lambda: leader.lines("pass"))
    for cluster in fleet:
        cluster.faults = Faults(latency_seconds=0.2)
    many = [config_map(f"many-{number}", value="1") for number in range(200)]
    leader.source.documents("many.yaml", *many)
    leader.source.commit("many")
    eventually(lambda: fleet["member1"].get("v1", "ConfigMap", "many-0", "shop"), 20)
    leader.signal(signal.SIGSTOP)
    for cluster in fleet:
        cluster.faults = Faults()
    eventually(lambda: leads(other), 20)
    leader.source.git("rm", "-q", "many.yaml")
    set_level(leader.source, "1")
    eventually(lambda: everywhere(fleet, "1"), 30)
    eventually(lambda: other.lines("pass"))
    time.sleep(1)
    before, refs = len(leader.lines("applied")), leader.source.git("show-ref")
    leader.signal(signal.SIGCONT)
    eventually(lambda: not leads(leader) and leader.get("/readyz")[0] == 200, 20)
    time.sleep(2)
    done = [one for one in leader.lines("applied")[before:] if one["result"] == "done"]
    # What was on the wire may have arrived: no more than what a member is asked at once.
    assert len(done) <= 2 * 8
    assert leader.source.git("show-ref") == refs
    assert everywhere(fleet, "1")


def test_a_push_that_the_standby_hears_of_reaches_the_leader(
    replicas: list[RunningHub], fleet: Counted, tmp_path: Path
) -> None:
    source = replicas[0].source
    bare = tmp_path / "bare.git"
    source.git("clone", "-q", "--bare", str(source.repo), str(bare))
    environment = {
        "RECONCILER_WEBHOOK_SECRET": SECRET,
        "RECONCILER_WEBHOOK_URLS": "https://git.example/shop/fleet.git",
    }
    with serving(GitServer(tmp_path)) as host:
        for one in replicas:
            one.arguments = (*one.arguments, "--interval=3600")
            one.environment, one.repo = environment, host.url(bare.name)
        leader, other = one_leads(replicas)
        eventually(lambda: everywhere(fleet, "0"))
        set_level(source, "1")
        source.git("push", "-q", str(bare), "main")
        payload = {
            "ref": "refs/heads/main",
            "repository": {"clone_url": "https://git.example/shop/fleet"},
        }
        assert delivered(other, payload) == 202
        eventually(lambda: everywhere(fleet, "1"), 10)
        assert leads(leader)
        # A delivery that nobody passed on is made up for by the next leader's first look.
        set_level(source, "2")
        source.git("push", "-q", str(bare), "main")
        assert leader.stop() == 0
        eventually(lambda: everywhere(fleet, "2"), 20)
        assert leads(other)
        for one in replicas:
            one.kill()
