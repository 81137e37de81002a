"""`reconciler status`: one screen that says what is applied, and what is not and where."""

from __future__ import annotations

import json

import pytest

from reconciler.model.report import Health
from tests.cli.reportbench import SETTINGS, WEB, ReportBench, a_status, on
from tests.stories.program import started


@pytest.fixture
def reported(reports: ReportBench) -> ReportBench:
    """A Deployment short of pods on one of two clusters, and a ConfigMap that one refuses."""
    reports.report(
        "c0ffee",
        a_status(WEB, on("eu", replicas=2), on("us", "0 of 1 replicas available", replicas=1)),
        a_status(
            SETTINGS,
            on("eu"),
            on("us", "us answered 403", applied=False, health=Health.UNKNOWN),
        ),
    )
    return reports


def test_without_a_report_the_next_step_is_named(reports: ReportBench) -> None:
    result = reports.run("status")
    assert result.exit_code == 1
    assert "run `reconciler apply` first" in result.stderr


def test_the_summary(reported: ReportBench) -> None:
    result = reported.run("status")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "commit c0ffee: not everything is applied"
    assert "1 of 2 templates fully applied" in lines[1]
    assert "us\t1/2\t" in lines
    assert "ConfigMap shop/settings\tNotApplied\tus\tus answered 403" in lines
    assert "apps/Deployment shop/web\tUnhealthy\tus\t0 of 1 replicas available" in lines


def test_a_summary_of_a_good_fleet_exits_zero(reports: ReportBench) -> None:
    reports.report("c0ffee", a_status(WEB, on("eu")))
    result = reports.run("status")
    assert result.exit_code == 0
    assert "everything is applied" in result.stdout


@pytest.mark.parametrize(
    "subject", ["Deployment", "deployment/web", "deployments.apps", "Deployment.apps/web"]
)
def test_one_object_cluster_by_cluster(reported: ReportBench, subject: str) -> None:
    result = reported.run("status", subject)
    assert result.exit_code == 0
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert rows[1][:5] == ["apps/Deployment shop/web", "eu", "yes", "Healthy", "2"]
    assert rows[2][1:5] == ["us", "yes", "Unhealthy", "1"]
    assert rows[2][6] == "0 of 1 replicas available"
    assert len(rows) == 3


def test_one_cluster(reported: ReportBench) -> None:
    result = reported.run("status", "--cluster", "us")
    assert result.exit_code == 1
    rows = [line.split("\t") for line in result.stdout.splitlines()[1:]]
    assert [(row[0], row[2]) for row in rows] == [
        ("ConfigMap shop/settings", "no"),
        ("apps/Deployment shop/web", "yes"),
    ]
    assert reported.run("status", "--cluster", "eu").exit_code == 0


def test_json_for_programs(reported: ReportBench) -> None:
    whole = json.loads(reported.run("status", "--output", "json").stdout)
    assert whole["everythingApplied"] is False
    (one,) = json.loads(reported.run("status", "Deployment", "--output", "json").stdout)
    assert one["resource"]["name"] == "web"
    assert [member["health"] for member in one["clusters"]] == ["Healthy", "Unhealthy"]


def test_what_is_not_there_is_said(reported: ReportBench) -> None:
    result = reported.run("status", "Deployment/other")
    assert result.exit_code == 1
    assert "no such object" in result.stderr
    assert reported.run("status", "Deployment", "-n", "else").exit_code == 1


def test_an_unscheduled_object_is_shown_without_a_cluster(reports: ReportBench) -> None:
    reports.report("c0ffee", a_status(WEB, scheduled_message="no cluster fits"))
    result = reports.run("status", "Deployment/web")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1].endswith("no cluster fits")


def test_terminal_escapes_of_members_are_not_passed_on(reports: ReportBench) -> None:
    reports.report("c0ffee", a_status(WEB, on("eu", "\x1b[2Jgone")))
    assert "\x1b" not in reports.run("status").stdout
    assert "\x1b" not in reports.run("status", "Deployment").stdout


def test_watch_shows_every_change_until_it_is_interrupted(reported: ReportBench) -> None:
    watching = started(reported.repo, "status", "--watch", "--interval", "100ms")
    with watching as running:
        running.reads("not everything is applied", stream="out")
        reported.report("c0ffee", a_status(WEB, on("eu", replicas=3)))
        running.reads("commit c0ffee: everything is applied", stream="out")
        assert running.is_running
        running.interrupt()
        ended = running.ended(10)
    assert ended.code == 130
    assert ended.output.count("commit c0ffee") == 2
