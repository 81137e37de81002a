"""The status branch's files: what they say, and that they say it on one screen.

`pytest tests/status --update-golden` rewrites the golden summary.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from reconciler.model.emit import emit_yaml
from reconciler.model.identity import ObjectKey
from reconciler.model.report import FleetReport, Health, MemberStatus, TemplateStatus
from reconciler.status.documents import (
    decode_template_status,
    encode_template_status,
    status_files,
    status_path,
)
from reconciler.status.summary import is_everything_applied, summary
from tests.status.builders import NOW, WEB

GOLDEN: Final = Path(__file__).parent.parent / "golden" / "status"
#: Lines of a terminal window that people do not have to scroll.
SCREEN: Final = 100


def a_member(cluster: str, **fields: object) -> MemberStatus:
    known: dict[str, object] = {"applied": True, "health": Health.HEALTHY, "since": NOW}
    return MemberStatus(cluster=cluster, **{**known, **fields})  # type: ignore[arg-type]


def a_status(key: ObjectKey, *members: MemberStatus, **fields: object) -> TemplateStatus:
    return TemplateStatus(
        key=key,
        api_version="apps/v1" if key.group else "v1",
        members=members,
        expected=len(members),
        **fields,  # type: ignore[arg-type]
    )


def a_report(*templates: TemplateStatus, **fields: object) -> FleetReport:
    return FleetReport(
        source_commit="c0ffee",
        templates={one.key: one for one in templates},
        **fields,  # type: ignore[arg-type]
    )


def a_busy_report() -> FleetReport:
    """A fleet in which everything is wrong that can be."""
    web = a_status(
        WEB,
        a_member("eu-1", replicas=4, status={"readyReplicas": 4}),
        a_member("us-1", health=Health.UNHEALTHY, message="1 of 3 replicas available", replicas=3),
        status={"replicas": 7},
        scheduled_reason="Success",
    )
    broken = a_status(
        ObjectKey("", "ConfigMap", "shop", "settings"),
        *(
            a_member(f"edge-{number}", applied=False, health=Health.UNKNOWN, message="no answer")
            for number in range(8)
        ),
    )
    waiting = a_status(
        ObjectKey("apps", "Deployment", "shop", "search"),
        scheduled_reason="NoClusterFit",
        scheduled_message="0/2 clusters are available: 2 cluster(s) did not have the API resource.",
    )
    frozen = a_status(ObjectKey("", "Service", "shop", "web"), a_member("eu-1"), is_frozen=True)
    return a_report(
        web,
        broken,
        waiting,
        frozen,
        frozen_clusters={"edge-1": "no answer"},
        holds=("abc123",),
        frozen=(ObjectKey("", "Service", "shop", "web"),),
        problems=("web.yaml:3: error RC017: unknown field",),
    )


def test_the_summary_reads_as_it_did(request: pytest.FixtureRequest) -> None:
    path = GOLDEN / "summary.yaml"
    shown = status_files(a_busy_report(), {})["summary.yaml"]
    assert shown is not None
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(shown)
    assert shown == path.read_bytes()


def test_a_template_reads_as_it_did(request: pytest.FixtureRequest) -> None:
    path = GOLDEN / "template.yaml"
    shown = status_files(a_busy_report(), {})[status_path(WEB)]
    assert shown is not None
    if request.config.getoption("--update-golden"):
        path.write_bytes(shown)
    assert shown == path.read_bytes()


def test_a_fleet_where_everything_fails_fits_on_a_screen() -> None:
    clusters = [f"cluster-{number}" for number in range(1000)]
    templates = [
        a_status(
            ObjectKey("apps", "Deployment", "shop", f"web-{number}"),
            *(a_member(name, applied=False, message=f"refused {number}") for name in clusters),
        )
        for number in range(40)
    ]
    report = a_report(*templates, problems=tuple(str(number) for number in range(500)))
    document = summary(report)
    assert document["failingTotal"] == 40
    assert document["failing"][0]["clusters"] == "cluster-0, cluster-1, cluster-2 and 997 more"
    assert document["clusters"]["incompleteTotal"] == 1000
    assert len(emit_yaml(document).splitlines()) <= SCREEN


def test_everything_is_applied_only_when_nothing_waits() -> None:
    done = a_status(WEB, a_member("eu"))
    assert is_everything_applied(a_report(done))
    assert is_everything_applied(a_report(a_status(WEB, a_member("eu", health=Health.UNHEALTHY))))
    for report in (
        a_report(done, holds=("h",)),
        a_report(done, frozen_clusters={"us": "no answer"}),
        a_report(done, frozen=(WEB,)),
        a_report(done, is_held=True),
        a_report(a_status(WEB, a_member("eu", applied=False))),
        a_report(a_status(WEB, scheduled_message="no cluster fits")),
    ):
        assert not is_everything_applied(report)
        assert summary(report)["everythingApplied"] is False


def test_the_worst_comes_first() -> None:
    states = [row["state"] for row in summary(a_busy_report())["failing"]]
    assert states == ["Unscheduled", "NotApplied", "Unhealthy"]


def test_templates_that_are_gone_lose_their_file() -> None:
    files = status_files(a_report(), {WEB: a_status(WEB)})
    assert files["status/shop/apps/Deployment/web.yaml"] is None


def test_a_secret_has_no_status_in_its_document() -> None:
    key = ObjectKey("", "Secret", "shop", "key")
    status = a_status(key, a_member("eu", status={"data": "x"}), status={"data": "x"})
    document = encode_template_status(status)
    assert "status" not in document
    assert "status" not in document["clusters"][0]


def test_a_document_of_earlier_days_is_read() -> None:
    document = {
        "resource": {"apiVersion": "v1", "kind": "Namespace", "name": "shop"},
        "clusters": [{"name": "eu", "applied": True, "health": "Healthy"}],
    }
    status = decode_template_status(document)
    assert status.key == ObjectKey("", "Namespace", "", "shop")
    assert status.is_fully_applied
