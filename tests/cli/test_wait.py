"""`reconciler wait`: ends when a report of this commit or a later one says so, not before."""

from __future__ import annotations

import json

import pytest

from reconciler.model.report import Health
from tests.cli.reportbench import SETTINGS, WEB, ReportBench, a_status, on
from tests.stories.program import started

SOON = ("--timeout", "300ms", "--interval", "100ms")


def test_what_is_healthy_is_not_waited_for(reports: ReportBench) -> None:
    reports.report(reports.commit(), a_status(WEB, on("eu"), on("us")))
    result = reports.run("wait", "Deployment/web")
    assert result.exit_code == 0
    assert result.stdout == "apps/Deployment shop/web: healthy on 2 clusters\n"
    assert result.stderr == ""


def test_unhealthy_is_applied_and_not_healthy(reports: ReportBench) -> None:
    unhealthy = a_status(WEB, on("eu"), on("us", "0 of 1 replicas available"))
    reports.report(reports.commit(), unhealthy)
    assert reports.run("wait", "Deployment/web", "--for=applied", *SOON).exit_code == 0
    result = reports.run("wait", "Deployment/web", *SOON)
    assert result.exit_code == 1
    assert result.stderr == (
        "apps/Deployment shop/web: healthy on 1 of 2 clusters: us 0 of 1 replicas available\n"
        "the time is up\n"
    )
    assert reports.run("wait", "Deployment/web", "--cluster", "eu", *SOON).exit_code == 0


@pytest.mark.parametrize(
    "status",
    [
        a_status(WEB, on("eu", applied=False, health=Health.UNKNOWN)),
        a_status(WEB, on("eu"), scheduled_message="no cluster fits"),
        a_status(WEB, on("eu"), is_frozen=True),
        a_status(SETTINGS, on("eu")),
    ],
)
def test_what_is_not_applied_is_waited_for(reports: ReportBench, status: object) -> None:
    reports.report(reports.commit(), status)  # type: ignore[arg-type]
    assert reports.run("wait", "Deployment/web", "--for=applied", *SOON).exit_code == 1


def test_a_report_of_an_earlier_commit_does_not_count(reports: ReportBench) -> None:
    first = reports.commit()
    reports.report(first, a_status(WEB, on("eu")))
    second = reports.commit()
    result = reports.run("wait", "Deployment/web", *SOON)
    assert result.exit_code == 1
    assert f"there is no report of commit {second[:12]} yet" in result.stderr
    assert reports.run("wait", "Deployment/web", "--commit", first, *SOON).exit_code == 0
    reports.report(second, a_status(WEB, on("eu")))
    assert reports.run("wait", "Deployment/web", "--commit", first, *SOON).exit_code == 0


def test_a_held_commit_is_said(reports: ReportBench) -> None:
    reports.report(reports.commit(), a_status(WEB, on("eu")), is_held=True)
    reports.commit()
    assert "which is held" in reports.run("wait", "Deployment/web", *SOON).stderr


def test_json_says_what_is_missing(reports: ReportBench) -> None:
    commit = reports.commit()
    reports.report(commit, a_status(WEB, on("eu", "its phase is Pending")))
    result = reports.run("wait", "Deployment/web", "--output", "json", *SOON)
    shown = json.loads(result.stdout)
    assert shown["isMet"] is False
    assert shown["commit"] == commit
    assert shown["missing"] == [
        "apps/Deployment shop/web: healthy on 0 of 1 clusters: eu its phase is Pending"
    ]
    assert shown["templates"][0]["health"] == "Unhealthy"


@pytest.mark.parametrize("subject", ["Deployment", "/web", "Deployment/"])
def test_half_a_subject_is_a_usage_error(reports: ReportBench, subject: str) -> None:
    assert reports.run("wait", subject).exit_code == 64


@pytest.mark.parametrize("timeout", ["soon", "5 m", "5x", "-1s", ""])
def test_an_odd_duration_is_a_usage_error(reports: ReportBench, timeout: str) -> None:
    assert reports.run("wait", "Deployment/web", "--timeout", timeout).exit_code == 64


def test_an_unknown_revision_is_an_error(reports: ReportBench) -> None:
    result = reports.run("wait", "Deployment/web", "--commit", "no-such", *SOON)
    assert result.exit_code == 4
    assert "next:" in result.stderr


def test_it_blocks_with_progress_until_the_report_says_so(reports: ReportBench) -> None:
    commit = reports.commit()
    waiting = started(
        reports.repo, "wait", "Deployment/web", "--timeout", "60s", "--interval", "100ms"
    )
    with waiting as running:
        running.reads("there is no report of commit")
        reports.report(commit, a_status(WEB, on("eu", "0 of 2 replicas available"), on("us")))
        running.reads("healthy on 1 of 2 clusters: eu 0 of 2 replicas available")
        assert running.is_running
        reports.report(commit, a_status(WEB, on("eu"), on("us")))
        ended = running.ended(20)
    assert ended.code == 0
    assert ended.output == "apps/Deployment shop/web: healthy on 2 clusters\n"
    assert len(ended.errors.splitlines()) == 2
