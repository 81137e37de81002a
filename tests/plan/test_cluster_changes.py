"""What became of a cluster, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.cluster import Cluster, Taint
from reconciler.plan.cluster_changes import cluster_changes

OLD = Cluster(
    name="eu-1",
    labels={"tier": "gold", "old": "x"},
    region="eu",
    taints=(Taint(key="edge", effect="NoExecute"),),
)


@pytest.mark.parametrize(
    ("fields", "said", "pointer"),
    [
        ({}, "", ()),
        ({"api_endpoint": "https://elsewhere"}, "", ()),
        ({"region": "us"}, "region changed", ("spec", "region")),
        ({"taints": ()}, "taint edge:NoExecute gone", ("spec", "taints")),
        (
            {"taints": (*OLD.taints, Taint(key="a", value="b", effect="NoSchedule"))},
            "taint a=b:NoSchedule added",
            ("spec", "taints"),
        ),
        (
            {"labels": {"tier": "silver", "new": "y"}, "zones": ("a",)},
            "label new added; label old gone; label tier changed; 1 more",
            ("metadata", "labels", "new"),
        ),
    ],
    ids=lambda one: str(one)[:24],
)
def test_a_change_of_a_cluster_is_told(
    fields: dict[str, Any], said: str, pointer: tuple[str, ...]
) -> None:
    assert cluster_changes(OLD, replace(OLD, **fields)) == (said, pointer)
