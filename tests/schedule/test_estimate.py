"""What a cluster can take, where the shared vectors do not reach."""

from __future__ import annotations

from typing import Any

from reconciler.model.binding import Component, ReplicaRequirements
from reconciler.model.cluster import Cluster, ClusterFacts
from reconciler.model.diagnostic import Position
from reconciler.parse.decode import decode_cluster
from reconciler.schedule.estimate import (
    Room,
    grade_nodes,
    replica_estimate,
    set_estimate,
)
from reconciler.schedule.estimate import room_of as room_with
from reconciler.schedule.integers import MAX_INT32, int32


def room_of(cluster: Cluster) -> Room:
    """The room of a cluster with its own models."""
    return room_with(cluster, grade_nodes(cluster.resource_models))


def needs(**resources: str) -> ReplicaRequirements:
    """Requirements; an underscore stands for a slash."""
    request = {name.replace("_", "/"): amount for name, amount in resources.items()}
    return ReplicaRequirements.decode({"resourceRequest": request})


def modelled(*grades: tuple[dict[str, str], int], pods: str = "1000", **more: Any) -> Cluster:
    """A cluster with resource models: (minimum of a grade, how many nodes)."""
    models = [
        {"grade": at, "ranges": [{"name": name, "min": low} for name, low in minimum.items()]}
        for at, (minimum, _) in enumerate(grades)
    ]
    counts = [{"grade": at, "count": count} for at, (_, count) in enumerate(grades)]
    summary = {
        "allocatable": {"cpu": "4", "pods": pods},
        "allocatableModelings": more.get("counts", counts),
    }
    return decode_cluster(
        {
            "metadata": {"name": "m"},
            "spec": {"resourceModels": models},
            "status": {"resourceSummary": summary},
        },
        Position(),
    )


def replicas(cluster: Cluster, requirements: ReplicaRequirements | None) -> int:
    """Estimate with models."""
    return replica_estimate(requirements, uses_models=True)(room_of(cluster))


def test_nodes_take_whole_replicas_each() -> None:
    cluster = modelled(({"cpu": "0"}, 5), ({"cpu": "2"}, 3))
    assert replicas(cluster, needs(cpu="1500m")) == 3


def test_a_resource_that_no_model_lists_fits_nowhere() -> None:
    cluster = modelled(({"cpu": "8"}, 3))
    assert replicas(cluster, needs(nvidia_gpu="1")) == 0
    assert replicas(cluster, needs(memory="1Gi")) == 0


def test_a_name_that_is_no_resource_of_nodes_is_ignored() -> None:
    cluster = modelled(({"cpu": "8"}, 1))
    assert replicas(cluster, needs(cpu="1", oddity="5")) == 8


def test_huge_pages_and_prefixed_resources_count() -> None:
    request = ReplicaRequirements.decode(
        {"resourceRequest": {"hugepages-2Mi": "4Mi", "pods": "1", "example.com/gpu": "1"}}
    )
    cluster = modelled(({"hugepages-2Mi": "8Mi", "example.com/gpu": "3"}, 2))
    assert replicas(cluster, request) == 4


def test_a_node_takes_no_more_than_its_pods() -> None:
    assert replicas(modelled(({"cpu": "8"}, 2)), needs()) == 220


def test_counts_below_zero_make_the_models_useless() -> None:
    cluster = modelled(({"cpu": "8"}, 3), counts=[{"grade": 0, "count": -1}])
    assert replicas(cluster, needs(cpu="1")) == 4


def test_an_assumed_cluster_takes_anything_and_one_without_report_nothing() -> None:
    assumed = Cluster(name="m", facts=ClusterFacts(is_assumed=True))
    assert replicas(assumed, needs(cpu="1")) == MAX_INT32
    assert replicas(Cluster(name="m"), None) == 0
    components = (Component(name="a", replicas=1),)
    assert set_estimate(components, uses_models=True)(room_of(assumed)) == MAX_INT32
    assert set_estimate(components, uses_models=True)(room_of(Cluster(name="m"))) == 0


def test_sets_are_bounded_by_pods_by_the_summary_and_by_nodes() -> None:
    pair = (
        Component(name="head", replicas=1, requirements=needs(cpu="1")),
        Component(name="worker", replicas=2, requirements=needs(cpu="500m")),
    )
    estimate = set_estimate(pair, uses_models=True)
    assert estimate(room_of(modelled(({"cpu": "8"}, 1), pods="5"))) == 1
    assert estimate(room_of(modelled(({"cpu": "100"}, 1)))) == 2
    assert estimate(room_of(modelled(({"cpu": "1"}, 2)))) == 1
    assert set_estimate((), uses_models=True)(room_of(modelled(pods="7"))) == 7


def test_numbers_wrap_as_in_go() -> None:
    assert int32(2**31) == -(2**31)
    assert int32(2**32 + 5) == 5


def test_a_cluster_that_does_not_know_a_resource_takes_no_set_that_asks_for_it() -> None:
    components = (Component(name="a", replicas=1, requirements=needs(nvidia_gpu="1")),)
    assert set_estimate(components, uses_models=False)(room_of(modelled())) == 0


def test_what_runs_and_what_waits_is_not_free() -> None:
    document = {
        "metadata": {"name": "m"},
        "spec": {},
        "status": {
            "resourceSummary": {
                "allocatable": {"cpu": "4", "pods": "100"},
                "allocated": {"cpu": "1", "pods": "90"},
                "allocating": {"cpu": "500m", "pods": "4"},
            }
        },
    }
    room = room_of(decode_cluster(document, Position()))
    assert replica_estimate(needs(cpu="1"), uses_models=False)(room) == 2
    assert replica_estimate(needs(cpu="100m"), uses_models=False)(room) == 6
    assert replica_estimate(needs(cpu="0"), uses_models=False)(room) == 6
    assert replica_estimate(needs(memory="1Gi"), uses_models=False)(room) == 0
