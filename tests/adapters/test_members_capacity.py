"""What nodes and pods amount to."""

from __future__ import annotations

from typing import Any

from reconciler.adapters.members.capacity import capacity_of
from reconciler.model.cluster import ResourceModel, ResourceRange
from reconciler.model.quantity import Quantity

GRADES = tuple(
    ResourceModel(
        grade=grade,
        ranges=(
            ResourceRange(name="cpu", min=Quantity.of(low), max=Quantity.of(high)),
            ResourceRange(
                name="memory", min=Quantity.parse(f"{low * 4}Gi"), max=Quantity.parse(f"{high}Ti")
            ),
        ),
    )
    for grade, low, high in ((0, 0, 1), (1, 1, 2), (2, 2, 100))
)


def node(name: str, *, cpu: str = "4", memory: str = "16Gi", pods: str = "10") -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "status": {
            "allocatable": {"cpu": cpu, "memory": memory, "pods": pods, "odd": "not a quantity"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def pod(node_name: str = "", phase: str = "Running", **more: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "containers": [{"resources": {"requests": {"cpu": "500m"}}}, {"name": "no requests"}],
        **more,
    }
    if node_name:
        spec["nodeName"] = node_name
    return {"spec": spec, "status": {"phase": phase}}


def test_a_pod_asks_for_containers_or_its_largest_init_container_and_overhead() -> None:
    found = capacity_of(
        [node("a")],
        [
            pod("a"),
            pod(
                "a",
                initContainers=[{"resources": {"requests": {"cpu": "2"}}}],
                overhead={"cpu": "100m"},
            ),
            pod(),
            pod("a", phase="Succeeded"),
            pod("a", phase="Failed"),
        ],
        GRADES,
    )
    assert found.summary.allocated["cpu"] == Quantity.parse("2600m")
    assert found.summary.allocated["pods"] == Quantity.of(2)
    assert found.summary.allocating["cpu"] == Quantity.parse("500m")
    assert found.summary.allocatable["cpu"] == Quantity.of(4)


def test_a_node_has_the_lowest_grade_of_its_resources() -> None:
    found = capacity_of([node("a"), node("b", memory="5Gi"), node("c", cpu="0.5")], [], GRADES)
    assert [one.count for one in found.summary.modelings] == [1, 1, 1]
    taken = capacity_of([node("a")], [pod("a", overhead={"cpu": "3"})], GRADES)
    assert [one.count for one in taken.summary.modelings] == [1, 0, 0]


def test_a_node_without_room_for_a_pod_ends_the_count_as_in_karmada() -> None:
    nodes = [node("a"), node("full", pods="0"), node("b")]
    found = capacity_of(nodes, [], GRADES)
    assert [one.count for one in found.summary.modelings] == [0, 0, 1]
    assert (found.nodes_total, found.nodes_ready) == (3, 3)


def test_malformed_nodes_and_pods_count_as_nothing() -> None:
    odd: list[dict[str, Any]] = [{}, {"status": []}, {"status": {"conditions": [None, 3]}}]
    found = capacity_of(odd, [{}, {"spec": {"containers": "x"}}], ())
    assert (found.nodes_total, found.nodes_ready) == (3, 0)
    assert found.summary.modelings == ()
