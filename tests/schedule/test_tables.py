"""Every plugin in a folder is a row of the table beside it, and the guide names them all."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from reconciler.schedule import divide, filters, scores
from reconciler.schedule.divide import DIVISIONS
from reconciler.schedule.filters import FILTERS
from reconciler.schedule.framework import Strategy
from reconciler.schedule.scores import SCORES

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "scheduler-plugins.md"


@pytest.mark.parametrize(
    ("package", "attribute", "table"),
    [(filters, "FILTER", FILTERS), (scores, "SCORE", SCORES), (divide, "DIVISION", DIVISIONS)],
)
def test_every_plugin_file_is_a_row(
    package: ModuleType, attribute: str, table: tuple[object, ...]
) -> None:
    names = [one.name for one in pkgutil.iter_modules(package.__path__)]
    modules = [import_module(f"{package.__name__}.{name}") for name in names]
    found = [getattr(one, attribute) for one in modules if hasattr(one, attribute)]
    assert len(found) == len(table)
    assert all(one in table for one in found)


def test_the_guide_names_every_built_in_plugin() -> None:
    text = GUIDE.read_text()
    names = {one.name for one in FILTERS} | {one.name for one in SCORES}
    names |= {one.name for one in DIVISIONS}
    assert [name for name in sorted(names) if f"| {name} |" not in text] == []


def test_there_is_a_division_for_every_strategy() -> None:
    assert {one.strategy for one in DIVISIONS} == set(Strategy)
