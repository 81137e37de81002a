"""What reviewers see, file by file. `pytest tests/plan --update-golden` rewrites the files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import jsonschema
import pytest

from reconciler.model.change import Plan
from reconciler.plan.formats import FORMATS
from tests.plan.scenarios import CONTEXT, SCENARIOS

GOLDEN: Final = Path(__file__).parent.parent / "golden" / "plan"
SCHEMA: Final = Path(__file__).parent.parent.parent / "schemas" / "plan.schema.json"
SUFFIXES: Final = {
    "text": "txt",
    "markdown": "md",
    "json": "json",
    "html": "html",
    "sarif": "sarif",
    "junit": "xml",
    "github": "github.txt",
    "gitlab": "gitlab.json",
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_plan_reads_as_it_did(
    scenario: Callable[[], Plan], name: str, request: pytest.FixtureRequest
) -> None:
    path = GOLDEN / f"{scenario.__name__}.{SUFFIXES[name]}"
    shown = FORMATS[name](scenario(), CONTEXT)
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    expected = {f"{one.__name__}.{suffix}" for one in SCENARIOS for suffix in SUFFIXES.values()}
    assert {path.name for path in GOLDEN.iterdir()} == expected


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_json_is_as_its_schema_says(scenario: Callable[[], Plan]) -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(FORMATS["json"](scenario(), CONTEXT)), schema)
