"""Profiles choose plugins by name; the guide's example plugin works as the guide says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler.schedule import Plugins, place, profiles, unknown_plugins
from reconciler.schedule.filters import FILTERS
from reconciler.schedule.profiles import BUILT_IN
from tests.schedule.builders import DUPLICATED, a_binding, a_cluster, a_context, replicas

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "scheduler-plugins.md"


def example() -> Plugins:
    """The plugins of the guide's Python block, as the runtime would find them."""
    block = re.search(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert block is not None
    module: dict[str, Any] = {}
    exec(block[1], module)  # noqa: S102 - the guide is ours
    return Plugins(
        filters=(module["NIGHT_ONLY"],),
        scores=(module["CHEAPEST"],),
        divisions=(module["ONE_PER_CLUSTER"],),
    )


def test_the_default_profile_is_the_built_in_one() -> None:
    assert profiles({}, Plugins()) == {"default-scheduler": BUILT_IN}


def test_a_star_stands_for_the_built_in_plugins_and_names_are_taken_once() -> None:
    made = profiles({"mine": {"filters": ("NightOnly", "*", "NightOnly")}}, example())
    names = [one.name for one in made["mine"].filters]
    assert names == ["NightOnly", *(one.name for one in FILTERS)]
    assert made["mine"].scores == BUILT_IN.scores


def test_names_that_no_plugin_has_are_reported() -> None:
    wanted = {"mine": {"filters": ("*", "Typo"), "scores": ("Cheapest",), "colours": ("red",)}}
    assert unknown_plugins(wanted, example()) == ("mine: colours: red", "mine: filters: Typo")


def test_the_plugins_of_the_guide_filter_prefer_and_divide() -> None:
    wanted = {
        "batch": {
            "filters": ("*", "NightOnly"),
            "scores": ("*", "Cheapest"),
            "divisions": ("*", "OnePerCluster"),
        }
    }
    fleet = a_context(
        a_cluster("cheap", labels={"example.com/night": "true", "example.com/price": "1"}),
        a_cluster("dear", labels={"example.com/night": "true", "example.com/price": "60"}),
        a_cluster("day"),
        profiles=profiles(wanted, example()),
        wants_trace=True,
    )
    spread = [{"spreadByField": "cluster", "minGroups": 1, "maxGroups": 1}]
    binding = replace(
        a_binding(5, replicaScheduling=DUPLICATED, spreadConstraints=spread),
        scheduler_name="batch",
    )
    decision = place(binding, None, fleet)
    assert replicas(decision.targets) == {"cheap": 1}
    verdicts = {one.cluster: one for one in decision.traces[0].verdicts}
    assert verdicts["day"].plugin == "NightOnly"
    assert dict(verdicts["cheap"].scores) == {"Cheapest": 99}
