"""The one status of a commit: which word, and the counts behind it."""

from __future__ import annotations

import pytest

from reconciler.model.announcement import CommitState
from reconciler.model.identity import ObjectKey
from reconciler.model.report import FleetReport, Health, MemberStatus, TemplateStatus
from reconciler.status.commit_status import commit_status

HEALTHY = (True, Health.HEALTHY)


def report(*members: tuple[bool, Health], message: str = "", **rest: object) -> FleetReport:
    key = ObjectKey("apps", "Deployment", "shop", "web")
    statuses = tuple(
        MemberStatus(cluster=f"c{number}", applied=applied, health=health)
        for number, (applied, health) in enumerate(members)
    )
    template = TemplateStatus(
        key=key,
        api_version="apps/v1",
        members=statuses,
        expected=len(statuses),
        scheduled_message=message,
    )
    return FleetReport(source_commit="a" * 40, templates={key: template}, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "refused", "state", "said"),
    [
        (report(HEALTHY, HEALTHY), 0, "success", "2/2 objects applied on 2 clusters"),
        (report(HEALTHY), 0, "success", "1/1 objects applied on 1 cluster"),
        (FleetReport(source_commit="a" * 40), 0, "success", "0/0 objects applied on 0 clusters"),
        (report(HEALTHY, (False, Health.UNKNOWN)), 0, "pending", "1/2 objects"),
        (report((True, Health.UNKNOWN)), 0, "pending", "1/1 objects"),
        (report(HEALTHY, (False, Health.UNKNOWN)), 1, "failure", "1 refused"),
        (report((True, Health.UNHEALTHY)), 0, "failure", "1 unhealthy"),
        (report(message="no cluster fits"), 0, "failure", "1 not scheduled"),
        (report(HEALTHY, holds=("d",)), 0, "failure", "1 deletion held"),
        (report(HEALTHY, frozen_clusters={"c9": "x"}), 0, "pending", "1 cluster frozen"),
        (report(HEALTHY, frozen_clusters={"c9": "x"}, holds=("d",)), 0, "failure", "held"),
    ],
)
def test_the_state_follows_from_the_report(
    given: FleetReport, refused: int, state: str, said: str
) -> None:
    status = commit_status(given, refused=refused)
    assert status.state is CommitState(state)
    assert said in status.description
    assert status.commit == "a" * 40
