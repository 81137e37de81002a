"""The ready-made strategies are valid policies and place as their guide says."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.interpret.chain import Interpreter
from reconciler.match import PolicyIndex, bind, claim
from reconciler.model.binding import Binding
from reconciler.model.cluster import Cluster
from reconciler.model.config import FleetConfig
from reconciler.model.decision import Decision, ScheduleReason
from reconciler.model.diagnostic import Position
from reconciler.model.fleet import Template
from reconciler.model.manifest import Manifest
from reconciler.parse.decode import decode_propagation_policy
from reconciler.parse.defaults import with_defaults
from reconciler.parse.schemas import schema_errors
from reconciler.parse.validation import fill_policy_defaults, validate
from reconciler.parse.yaml import read_documents
from reconciler.schedule import schedule
from tests.schedule.builders import a_cluster, a_context, a_state, replicas

ROOT = Path(__file__).parents[2]
EXAMPLES = {path.stem: path for path in (ROOT / "examples" / "strategies").glob("*.yaml")}
GUIDE = (ROOT / "docs" / "guides" / "strategies.md").read_text()
LABEL = "placement.fleet-reconciler.io/strategy"
CONFIG = FleetConfig()


def rows(first: str) -> list[dict[str, str]]:
    """The guide's table whose first column has that name, a dict a row."""
    lines = re.findall(r"^\|(.*)\|$", GUIDE, re.MULTILINE)
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    (start,) = [number for number, row in enumerate(cells) if row[0] == first]
    found = []
    for row in cells[start + 2 :]:
        if len(row) != len(cells[start]):
            break
        found.append(dict(zip(cells[start], row, strict=True)))
    return found


PLACEMENTS = {
    row.pop("strategy"): {name: int(count) for name, count in row.items() if count}
    for row in rows("strategy")
}


def fleet(**changed: dict[str, Any]) -> tuple[Cluster, ...]:
    """The guide's fleet; `eu_1={"pods": 2}` changes one of its clusters."""
    return tuple(
        _cluster(row, **changed.get(row["cluster"].replace("-", "_"), {})) for row in FLEET
    )


FLEET = rows("cluster")


def _cluster(row: dict[str, str], **changed: Any) -> Cluster:
    described: dict[str, Any] = {
        "pods": int(row["room for pods"]),
        "region": row["region"],
        "labels": yaml.safe_load("{" + row["labels"] + "}"),
    }
    if row["taint"]:
        key, value, effect = re.split("[=:]", row["taint"])
        described["taints"] = [{"key": key, "value": value, "effect": effect}]
    return a_cluster(row["cluster"], **{**described, **changed})


def document(strategy: str) -> dict[str, Any]:
    """The one policy of an example."""
    (reading,) = read_documents(EXAMPLES[strategy].read_bytes())
    assert reading.problem is None
    body: dict[str, Any] = reading.value
    return body


def a_workload(strategy: str) -> Template:
    """The guide's Deployment, labelled with the strategy."""
    written = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    (body,) = (yaml.safe_load(text) for text in written)
    body = copy.deepcopy(body)
    body["metadata"]["labels"][LABEL] = strategy
    manifest = Manifest(with_defaults(body))
    return Template(key=manifest.key, manifest=manifest, digest="d", spec_digest="s")


def bound(strategy: str) -> Binding:
    """The binding that the strategies together make of the guide's Deployment."""
    policies = [
        decode_propagation_policy(fill_policy_defaults(document(name)), Position())
        for name in EXAMPLES
    ]
    template = a_workload(strategy)
    won = claim(template, PolicyIndex(policies), previous_claim=None, config=CONFIG)
    assert won is not None
    assert won.policy.ref.name == f"strategy-{strategy}"
    return bind(template, won.policy, interpreter=Interpreter(), config=CONFIG, previous=None)


def placed(strategy: str, **changed: dict[str, Any]) -> Decision:
    """Where it goes at first."""
    return schedule(bound(strategy), None, a_context(*fleet(**changed)))


def test_the_guide_and_the_examples_name_the_same_strategies() -> None:
    assert set(EXAMPLES) == set(PLACEMENTS)
    for name in EXAMPLES:
        assert f"\n### {name}\n" in GUIDE
        assert f"cp examples/strategies/{name}.yaml " in GUIDE


@pytest.mark.parametrize("strategy", sorted(EXAMPLES))
def test_an_example_begins_with_two_lines_and_selects_one_label(strategy: str) -> None:
    first, second, third, *_ = EXAMPLES[strategy].read_text().splitlines()
    assert first.startswith("# ")
    assert second.startswith("# ")
    assert third.startswith("apiVersion:")
    wanted = {"matchLabels": {LABEL: strategy}}
    selectors = document(strategy)["spec"]["resourceSelectors"]
    assert [one["labelSelector"] for one in selectors] == [wanted] * len(selectors)


@pytest.mark.parametrize("strategy", sorted(EXAMPLES))
def test_an_example_is_a_valid_policy(strategy: str) -> None:
    filled = fill_policy_defaults(document(strategy))
    assert schema_errors("policy.karmada.io", "ClusterPropagationPolicy", document(strategy)) == ()
    assert list(validate(filled)) == []


@pytest.mark.parametrize("strategy", sorted(EXAMPLES))
def test_an_example_places_as_the_guide_says(strategy: str) -> None:
    decision = placed(strategy)
    assert decision.reason is ScheduleReason.SUCCESS, decision.message
    assert replicas(decision.targets) == PLACEMENTS[strategy]


def test_the_backup_takes_all_when_the_primary_has_no_room() -> None:
    assert replicas(placed("primary-backup", eu_1={"pods": 5}).targets) == {"us-1": 6}


def test_the_backup_takes_all_when_the_primary_is_tainted_and_keeps_it() -> None:
    taint = {"key": "out", "effect": "NoSchedule"}
    decision = placed("primary-backup", eu_1={"taints": [taint]})
    assert replicas(decision.targets) == {"us-1": 6}
    binding = bound("primary-backup")
    state = a_state(binding, replicas(decision.targets), observed=decision.affinity_name)
    assert replicas(schedule(binding, state, a_context(*fleet())).targets) == {"us-1": 6}


def test_high_availability_says_why_when_there_is_one_region() -> None:
    decision = placed("high-availability", us_1={"region": "eu"})
    assert decision.targets == ()
    assert decision.message


def test_high_availability_prefers_a_cluster_with_room_for_all() -> None:
    decision = placed("high-availability", eu_1={"pods": 3})
    assert replicas(decision.targets) == {"eu-2": 6, "us-1": 6}


def test_the_gpu_strategy_packs_onto_few_clusters() -> None:
    more = a_cluster("gpu-2", pods=10, labels={"accelerator": "gpu"}, region="eu")
    decision = schedule(bound("gpu"), None, a_context(*fleet(), more))
    assert replicas(decision.targets) == {"gpu-1": 6}
