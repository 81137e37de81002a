"""What reviewers see of real commits. `pytest tests/review --update-golden` rewrites the files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import jsonschema
import pytest

from reconciler.plan.formats import FORMATS
from reconciler.plan.formats.markdown import LIMIT
from tests.review.conftest import Planned, context_of
from tests.review.scenarios import (
    SCENARIOS,
    Story,
    an_image_bumped_on_a_thousand_clusters,
    deletions_over_budget,
)

GOLDEN: Final = Path(__file__).parent.parent / "golden" / "review"
SCHEMA: Final = Path(__file__).parent.parent.parent / "schemas" / "plan.schema.json"
SUFFIXES: Final = {
    "text": "txt",
    "markdown": "md",
    "json": "json",
    "html": "html",
    "sarif": "sarif",
    "junit": "xml",
}


@pytest.mark.parametrize("name", SUFFIXES)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_plan_of_a_commit_reads_as_it_did(
    scenario: Callable[[], Story], name: str, planned: Planned, request: pytest.FixtureRequest
) -> None:
    path = GOLDEN / f"{scenario.__name__}.{SUFFIXES[name]}"
    found = planned(scenario)
    shown = FORMATS[name](found.head.plan, context_of(found))
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    expected = {f"{one.__name__}.{suffix}" for one in SCENARIOS for suffix in SUFFIXES.values()}
    assert {path.name for path in GOLDEN.iterdir()} == expected


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_json_is_as_its_schema_says(scenario: Callable[[], Story], planned: Planned) -> None:
    found = planned(scenario)
    document = json.loads(FORMATS["json"](found.head.plan, context_of(found)))
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))


def test_a_thousand_clusters_fit_into_a_comment(planned: Planned) -> None:
    found = planned(an_image_bumped_on_a_thousand_clusters)
    shown = FORMATS["markdown"](found.head.plan, context_of(found))
    assert len(shown) < LIMIT
    assert "1000 clusters" in shown


def test_every_held_deletion_is_in_the_comment(planned: Planned) -> None:
    found = planned(deletions_over_budget)
    shown = FORMATS["markdown"](found.head.plan, context_of(found))
    hold = found.head.plan.hold
    assert hold is not None
    assert all(str(one.key) in shown and one.cluster in shown for one in hold.deletes)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_every_change_says_where_it_comes_from(
    scenario: Callable[[], Story], planned: Planned
) -> None:
    for change in planned(scenario).head.plan.changes:
        assert change.position.path, change
        for edit in change.edits:
            assert edit.position.path, (change.key, edit)
    for move in planned(scenario).head.plan.placements:
        assert move.position.path, move
        assert move.cause, move
