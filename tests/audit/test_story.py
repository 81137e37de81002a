"""A fleet's story told afterwards, from its branches alone: real Git, real HTTP members."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reconciler.audit.chronicle import EventKind, blamed, filtered
from reconciler.cli.apply import exit_code
from reconciler.cli.console import EXIT_BLOCKED
from reconciler.cli.program import program
from reconciler.model.change import Action
from reconciler.model.errors import SettingsInvalid
from reconciler.model.identity import ObjectKey
from reconciler.runtime.auditing import Auditor
from reconciler.runtime.explaining import Explainer
from reconciler.runtime.offline import Planner
from reconciler.runtime.repository import FleetRepository
from reconciler.runtime.rollback import RollingBack
from tests.stories.fleetbench import FleetBench, codes, config_map, deployment, policy
from tests.stories.memberbench import CountingFleet, Server, SimulatedServer

WEB = ObjectKey("apps", "Deployment", "shop", "web")
SETTINGS = ObjectKey("", "ConfigMap", "shop", "settings")
KINDS = (("apps/v1", "Deployment"), ("v1", "ConfigMap"))
ONLY_ONE = {"clusterAffinity": {"clusterNames": ["one"]}}


class Story:
    """A fleet that lived through three commits; ids by what they did."""

    def __init__(self, folder: Path, servers: dict[str, Server]) -> None:
        self.bench = FleetBench(folder, servers)
        self.commits: dict[str, str] = {}

    async def live(self) -> None:
        """Open the shop, move it to one cluster, close the settings."""
        bench = self.bench
        bench.write_documents("web.yaml", deployment("web"))
        bench.write_documents("settings.yaml", config_map("settings", level="info"))
        bench.write_documents("policy.yaml", policy("all", *KINDS))
        await self.step("open", "Open the shop")
        bench.write_documents("policy.yaml", policy("all", *KINDS, placement=ONLY_ONE))
        bench.git("config", "user.name", "Kim Example")
        await self.step("move", "Move everything to one")
        bench.remove("settings.yaml")
        await self.step("close", "Drop the settings")

    async def step(self, name: str, message: str) -> None:
        """One commit and one pass."""
        self.commits[name] = self.bench.commit(message)
        await self.bench.apply()

    @property
    def repository(self) -> FleetRepository:
        return FleetRepository.local(self.bench.repo)

    def run(self, *arguments: str) -> Result:
        """One verb of the command line."""
        return CliRunner().invoke(program, [*arguments, "--repo", str(self.bench.repo)])

    def json(self, *arguments: str) -> Any:
        """The same verb's answer for programs."""
        result = self.run(*arguments, "--output", "json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@contextmanager
def two_members() -> Iterator[dict[str, Server]]:
    """Two simulated members that hold nothing."""
    with ExitStack() as stack:
        fleets = {name: CountingFleet([name]) for name in ("one", "two")}
        for fleet in fleets.values():
            stack.callback(fleet.stop)
        yield {name: SimulatedServer(fleet, fleet.start()[name]) for name, fleet in fleets.items()}


@pytest.fixture
def servers() -> Iterator[dict[str, Server]]:
    with two_members() as members:
        yield members


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Lived once for all tests that only read."""
    with two_members() as members:
        lived = Story(tmp_path_factory.mktemp("story"), members)
        asyncio.run(lived.live())
        yield lived


def test_history_tells_who_moved_what_where(story: Story) -> None:
    events = filtered(Auditor(story.repository).events(), keys=frozenset({WEB}))
    moved = next(event for event in events if event.kind is EventKind.MOVED)
    assert moved.source == story.commits["move"]
    assert moved.clusters == ("two",)
    assert [target.name for target in moved.after] == ["one"]
    placed = next(event for event in events if event.kind is EventKind.PLACED)
    assert placed.source == story.commits["open"]
    assert placed.clusters == ("one", "two")


def test_history_tells_when_it_was_applied_and_removed(story: Story) -> None:
    events = Auditor(story.repository).events()
    settings = filtered(events, keys=frozenset({SETTINGS}))
    assert settings[0].kind is EventKind.REMOVED
    assert settings[0].source == story.commits["close"]
    applied = [event for event in events if event.kind is EventKind.APPLIED and event.key == WEB]
    assert {name for event in applied for name in event.clusters} == {"one", "two"}


def test_history_can_be_narrowed(story: Story) -> None:
    events = Auditor(story.repository).events()
    only_two = filtered(events, cluster="two")
    assert only_two
    assert all("two" in event.clusters for event in only_two)
    assert filtered(events, since="9999-01-01T00:00:00Z") == ()
    assert filtered(events, since=events[-1].at) == events


def test_history_on_the_command_line_names_author_and_subject(story: Story) -> None:
    rows = story.json("history", "Deployment/web")
    moved = next(row for row in rows if row["kind"] == "moved")
    assert (moved["author"], moved["subject"]) == ("Kim Example", "Move everything to one")
    text = story.run("history", "Deployment/web", "--cluster", "two").stdout
    assert "Move everything to one" in text
    assert "Open the shop" in text
    assert "Drop the settings" not in text


def test_unknown_objects_and_times_are_refused(story: Story) -> None:
    assert story.run("history", "Deployment/nope").exit_code == 1
    assert story.run("history", "nope").exit_code == 1
    assert story.run("history", "--since", "yesterday").exit_code == 64
    assert story.run("at", "1999-01-01").exit_code == 1


def test_blame_names_the_decision_that_stands(story: Story) -> None:
    found = {(one.key, one.cluster): one for one in blamed(Auditor(story.repository).events())}
    assert found[(WEB, "one")].event.source == story.commits["open"]
    assert (WEB, "two") not in found
    assert (SETTINGS, "one") not in found
    text = story.run("blame").stdout
    assert "Alex Example" in text


def test_the_fleet_can_be_seen_as_it_was(story: Story) -> None:
    def clusters_of(commit: str, kind: str) -> set[str]:
        rows = story.json("at", story.commits[commit])["objects"]
        return {row["cluster"] for row in rows if row["object"]["kind"] == kind}

    assert clusters_of("open", "Deployment") == {"one", "two"}
    assert clusters_of("move", "Deployment") == {"one"}
    assert clusters_of("move", "ConfigMap") == {"one"}
    assert clusters_of("close", "ConfigMap") == set()
    assert story.json("at", "9999-01-01")["sourceCommit"] == story.commits["close"]
    assert "Move everything to one" in story.run("at", story.commits["move"]).stdout


def test_a_commit_that_was_skipped_is_seen_as_what_was_applied_before_it(story: Story) -> None:
    skipped = story.bench.commit("Say nothing")
    assert story.json("at", skipped)["sourceCommit"] == story.commits["close"]


def test_a_rollback_is_a_branch_whose_plan_takes_the_commit_back(story: Story) -> None:
    rolling = RollingBack(story.repository)
    bad = rolling.revision(story.commits["move"])
    assert rolling.is_applied(bad)
    done = rolling.branch(bad, "back")
    plan = Planner(story.repository).plan(head=done.branch).head.plan
    assert [(one.action, one.cluster, one.key) for one in plan.changes] == [
        (Action.CREATE, "two", WEB)
    ]
    message = story.bench.git("log", "-1", "--format=%B", "back")
    assert f"This reverts commit {bad.id}." in message
    assert message.startswith('Revert "Move everything to one"')


def test_a_rollback_as_a_patch_writes_nothing(story: Story) -> None:
    before = story.bench.git("show-ref")
    patch = story.run("rollback", story.commits["move"], "--patch").stdout
    assert "-      - one" in patch
    assert story.bench.git("show-ref") == before


def test_a_rollback_in_the_way_of_later_commits_names_the_files(
    servers: dict[str, Server], tmp_path: Path
) -> None:
    bench = FleetBench(tmp_path, servers)
    bench.write("notes.txt", "one\n")
    bench.commit("One")
    bench.write("notes.txt", "two\n")
    bad = bench.commit("Two")
    bench.write("notes.txt", "three\n")
    bench.commit("Three")
    rolling = RollingBack(FleetRepository.local(bench.repo))
    with pytest.raises(SettingsInvalid, match=r"notes\.txt"):
        rolling.branch(rolling.revision(bad))


async def test_a_held_commit_is_not_applied_until_it_is_released(
    servers: dict[str, Server], tmp_path: Path
) -> None:
    bench = FleetBench(tmp_path, servers)
    bench.write_documents("policy.yaml", policy("all", *KINDS))
    bench.write_documents("settings.yaml", config_map("settings", level="info"))
    await bench.apply_commit("Open")
    bench.write_documents("settings.yaml", config_map("settings", level="debug"))
    bad = bench.commit("Make it loud")
    rolling = RollingBack(FleetRepository.local(bench.repo))
    assert not rolling.is_applied(rolling.revision(bad))
    rolling.hold(rolling.revision(bad))
    planned = Planner(FleetRepository.local(bench.repo)).plan()
    assert planned.head.plan.is_blocked
    assert [one.code for one in planned.head.plan.diagnostics] == ["RC045"]
    assert {one.action for one in planned.head.plan.changes} == {Action.UPDATE}
    why_not = Explainer(FleetRepository.local(bench.repo)).why_not("ConfigMap/settings", "one")
    assert why_not.reasons[0] == "the commit is held: nothing new of it is applied"
    done = await bench.apply()
    assert codes(done) == {"RC045"}
    assert done.outcome.plan.is_empty
    assert exit_code(done) == EXIT_BLOCKED
    rolling = RollingBack(FleetRepository.local(bench.repo))
    rolling.release(rolling.revision(bad))
    done = await bench.apply()
    assert codes(done) == set()
    assert {one.action for one in done.outcome.plan.changes} == {Action.UPDATE}


async def test_a_merged_revert_ends_the_hold(servers: dict[str, Server], tmp_path: Path) -> None:
    bench = FleetBench(tmp_path, servers)
    bench.write_documents("policy.yaml", policy("all", *KINDS))
    bench.write_documents("other.yaml", config_map("other", level="info"))
    await bench.apply_commit("Open")
    bench.write_documents("other.yaml", config_map("other", level="debug"))
    bad = bench.commit("Make it loud")
    rolling = RollingBack(FleetRepository.local(bench.repo))
    done = rolling.branch(rolling.revision(bad))
    rolling.hold(rolling.revision(bad))
    assert codes(await bench.apply()) == {"RC045"}
    review = Planner(FleetRepository.local(bench.repo)).plan("main", done.branch).head.plan
    assert not review.diagnostics
    assert f"commit {bad[:12]} is held by" in review.notes[0]
    bench.git("reset", "-q", "--hard")
    bench.git("merge", "-q", "--no-edit", done.branch)
    after = await bench.apply()
    assert codes(after) == set()
    assert after.outcome.plan.is_empty
