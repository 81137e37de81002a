"""Promises of the status branch: what is written is what is read, and nothing of a Secret is."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diff.redact import SecretValues
from reconciler.model.emit import emit_yaml
from reconciler.model.identity import ObjectKey
from reconciler.model.report import FleetReport, Health, MemberStatus, TemplateStatus
from reconciler.parse.yaml import read_documents
from reconciler.status.documents import decode_template_status, encode_template_status
from reconciler.status.explain import unhealthy_because
from reconciler.status.summary import summary
from reconciler.status.withhold import without_secrets

NAME = st.text("abcdefghij-", min_size=1, max_size=8)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
STATUS = st.none() | st.dictionaries(TEXT, JSON, min_size=1, max_size=3)
MEMBERS = st.builds(
    MemberStatus,
    cluster=NAME,
    applied=st.booleans(),
    health=st.sampled_from(Health),
    message=TEXT,
    replicas=st.none() | st.integers(0, 2**31),
    status=STATUS,
    since=st.sampled_from(["", "2026-01-01T00:00:00Z"]),
)


@st.composite
def templates(draw: st.DrawFn) -> TemplateStatus:
    group = draw(st.sampled_from(["", "apps", "example.io"]))
    members = draw(st.lists(MEMBERS, max_size=3, unique_by=lambda one: one.cluster))
    return TemplateStatus(
        key=ObjectKey(group, "Widget", draw(st.sampled_from(["", "shop"])), draw(NAME)),
        api_version=f"{group}/v1" if group else "v1",
        members=tuple(members),
        expected=len(members),
        status=draw(STATUS),
        scheduled_reason=draw(st.sampled_from(["", "Success", "NoClusterFit"])),
        scheduled_message=draw(TEXT),
        is_frozen=draw(st.booleans()),
    )


@given(templates())
def test_what_is_written_of_a_template_is_what_is_read(status: TemplateStatus) -> None:
    data = emit_yaml(encode_template_status(status))
    (reading,) = read_documents(data)
    assert reading.problem is None
    assert decode_template_status(reading.value) == status


@given(st.lists(templates(), max_size=4))
def test_a_summary_can_be_made_of_every_report_and_read_by_anybody(
    found: list[TemplateStatus],
) -> None:
    report = FleetReport(templates={one.key: one for one in found})
    document = summary(report)
    assert yaml.safe_load(emit_yaml(document)) == document
    assert document["everythingApplied"] == (not _open(found))


def _open(found: list[TemplateStatus]) -> bool:
    last = {one.key: one for one in found}.values()
    return any(
        one.scheduled_message or not all(member.applied for member in one.members) for one in last
    )


@given(JSON, st.sampled_from(["hunter2hunter2", "cGFzc3dvcmQxMjM="]))
def test_no_value_of_a_secret_survives(value: Any, secret: str) -> None:
    holding = {"a": [value, f"x {secret} y", {secret: secret}], secret: value}
    cleaned = without_secrets(holding, SecretValues([secret]).redact)
    assert secret not in repr(cleaned)
    untouched = without_secrets(value, SecretValues([secret]).redact)
    assert untouched == value


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status", "kind", "apiVersion"]), JSON))
def test_every_object_gets_a_reason(body: dict[str, Any]) -> None:
    assert unhealthy_because(body)
