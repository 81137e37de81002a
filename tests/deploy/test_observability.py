"""Alert rules and the dashboard ask for metrics, labels and values that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from reconciler.model.metric import METRICS, MetricKind
from reconciler.model.report import Health
from tests.deploy.manifests import DEPLOY

RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
EXPRESSIONS = [
    *((rule["alert"], rule["expr"]) for rule in RULES),
    *(
        (f"{panel['title']} {target['refId']}", target["expr"])
        for panel in PANELS
        for target in panel["targets"]
    ),
]
_WORDS = {"by", "and", "or", "max", "sum", "min", "vector", "time", "rate", "topk"} | {
    "histogram_quantile"
}
_SUFFIXES = ("_bucket", "_count", "_sum")


def _families(expression: str) -> set[str]:
    """Names of metrics in the expression; everything that is no name of the language."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\bby\s*\([^)]*\)|\[[^\]]*\]', " ", expression)
    names = set(re.findall(r"[a-zA-Z_][a-zA-Z0-9_]*", bare)) - _WORDS
    return {_family(name) for name in names}


def _family(name: str) -> str:
    for suffix in _SUFFIXES:
        base = name.removesuffix(suffix)
        if base != name and base in METRICS:
            assert METRICS[base].kind is MetricKind.HISTOGRAM
            return base
    return name


def _labels(expression: str) -> Iterator[str]:
    for grouped in re.findall(r"\bby\s*\(([^)]*)\)", expression):
        yield from (label.strip() for label in grouped.split(","))
    for matchers in re.findall(r"\{([^}]*)\}", expression):
        yield from re.findall(r"([a-zA-Z_]+)\s*[=!]", matchers)


@pytest.mark.parametrize(("name", "expression"), EXPRESSIONS, ids=lambda value: str(value)[:40])
def test_every_metric_and_label_exists(name: str, expression: str) -> None:
    families = _families(expression)
    assert families, name
    assert families <= METRICS.keys()
    known = {label for family in families for label in METRICS[family].labels} | {"le"}
    assert set(_labels(expression)) <= known
    assert expression.count("(") == expression.count(")")


def test_histograms_are_asked_as_histograms() -> None:
    for name, expression in EXPRESSIONS:
        for family in _families(expression):
            if METRICS[family].kind is MetricKind.HISTOGRAM:
                assert re.search(rf"{family}(_bucket|_count|_sum)\b", expression), name
            if METRICS[family].kind is MetricKind.COUNTER:
                assert re.search(rf"rate\({family}\b", expression), name


def test_health_is_written_as_the_samples_write_it() -> None:
    for _, expression in EXPRESSIONS:
        for health in re.findall(r'health="([^"]*)"', expression):
            assert health in set(Health)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert re.fullmatch(r"\d+[sm]", rule["for"])
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"]
    used = re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])
    assert set(used) <= set(_labels(rule["expr"]))


def test_alerts_have_names_of_their_own() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


def test_the_dashboard_shows_every_service_level_indicator() -> None:
    shown = {family for _, expression in EXPRESSIONS for family in _families(expression)}
    assert {
        "reconciler_distribution_latency_seconds",
        "reconciler_schedule_latency_seconds",
        "reconciler_registration_latency_seconds",
        "reconciler_api_call_duration_seconds",
    } <= shown


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
