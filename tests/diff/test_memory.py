"""Remembered comparisons answer as fresh ones do."""

from __future__ import annotations

from dataclasses import replace

from reconciler.diff.compare import compare
from reconciler.diff.context import Context
from reconciler.diff.memory import Comparisons
from reconciler.model.change import Action
from reconciler.model.config import IgnoreRule
from tests.diff.builders import FLEET, applied, config_map
from tests.works import a_work

CONTEXT = Context(cluster="one", fleet_id=FLEET)


def test_an_unchanged_object_is_remembered_until_it_changes() -> None:
    memory, work, observed = Comparisons(), a_work(config_map()), applied(config_map())
    first = memory.compare(work, observed, CONTEXT)
    assert first.action is Action.UNCHANGED
    assert memory.compare(work, observed, CONTEXT) is first
    moved = applied(config_map())
    moved["data"]["a"] = "theirs"
    moved["metadata"]["resourceVersion"] = "8"
    assert memory.compare(work, moved, CONTEXT) == compare(work, moved, CONTEXT)
    assert memory.compare(work, moved, CONTEXT).action is Action.UPDATE
    wanted = a_work(config_map(a="2"))
    assert memory.compare(wanted, observed, CONTEXT).action is Action.UPDATE


def test_other_rules_are_another_answer() -> None:
    memory, work, observed = Comparisons(), a_work(config_map()), applied(config_map())
    observed["data"]["a"] = "theirs"
    ignoring = replace(CONTEXT, ignore_differences=(IgnoreRule(paths=("/data",)),))
    assert memory.compare(work, observed, ignoring).action is Action.UNCHANGED
    assert memory.compare(work, observed, CONTEXT).action is Action.UPDATE


def test_an_object_without_a_version_is_looked_at_each_time() -> None:
    memory, work, observed = Comparisons(), a_work(config_map()), applied(config_map())
    del observed["metadata"]["resourceVersion"]
    assert memory.compare(work, observed, CONTEXT).action is Action.UNCHANGED
    observed["data"]["a"] = "theirs"
    assert memory.compare(work, observed, CONTEXT).action is Action.UPDATE


def test_creations_and_removals_are_decided_as_ever() -> None:
    memory, work = Comparisons(), a_work(config_map())
    assert memory.compare(work, None, CONTEXT).action is Action.CREATE
    recorded = replace(CONTEXT, recorded=frozenset({work.key}))
    assert memory.compare(None, applied(config_map()), recorded).action is Action.DELETE
