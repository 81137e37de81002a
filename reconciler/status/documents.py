"""The report as documents of the status branch, and back.

`summary.yaml` answers in one screen whether everything is applied, and if not what and where.
`status/<path>.yaml` is
one template. Nothing in them changes but when what they say changes: no heartbeat, no "last seen".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from reconciler.model.emit import emit_yaml
from reconciler.model.identity import ObjectKey, split_api_version
from reconciler.model.paths import object_path
from reconciler.model.report import FleetReport, Health, MemberStatus, TemplateStatus

STATUS, SUMMARY = "status/", "summary.yaml"
_API_VERSION = "fleet-reconciler.io/v1alpha1"
_MOST_FAILING = 50
#: Kinds whose status may repeat what only they may know.
_WITHHELD = frozenset({("", "Secret")})


def status_path(key: ObjectKey) -> str:
    """Where a template's status stands: `status/shop/apps/Deployment/web.yaml`."""
    return STATUS + object_path(key.namespace, key.group, key.kind, key.name)


def encode_template_status(status: TemplateStatus) -> dict[str, Any]:
    """One template's document."""
    key = status.key
    document: dict[str, Any] = {
        "apiVersion": _API_VERSION,
        "kind": "TemplateStatus",
        "resource": {
            "apiVersion": status.api_version,
            "kind": key.kind,
            **({"namespace": key.namespace} if key.namespace else {}),
            "name": key.name,
        },
        "fullyApplied": status.is_fully_applied,
        "health": str(status.health),
    }
    if status.scheduled_message:
        document["scheduled"] = {
            "reason": status.scheduled_reason,
            "message": status.scheduled_message,
        }
    if status.status is not None and (key.group, key.kind) not in _WITHHELD:
        document["status"] = status.status
    document["clusters"] = [_member(one) for one in status.members]
    return document


def _member(member: MemberStatus) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": member.cluster,
        "applied": member.applied,
        "health": str(member.health),
    }
    if member.replicas is not None:
        document["replicas"] = member.replicas
    if member.message:
        document["message"] = member.message
    document["since"] = member.since
    if member.status is not None:
        document["status"] = member.status
    return document


def decode_template_status(document: Mapping[str, Any]) -> TemplateStatus:
    """The status a document of ours says."""
    resource, scheduled = document["resource"], document.get("scheduled", {})
    group, _ = split_api_version(resource["apiVersion"])
    members = tuple(
        MemberStatus(
            cluster=one["name"],
            applied=one["applied"],
            health=Health(one["health"]),
            message=one.get("message", ""),
            replicas=one.get("replicas"),
            status=one.get("status"),
            since=one.get("since", ""),
        )
        for one in document.get("clusters", ())
    )
    return TemplateStatus(
        key=ObjectKey(group, resource["kind"], resource.get("namespace", ""), resource["name"]),
        api_version=resource["apiVersion"],
        members=members,
        expected=len(members),
        status=document.get("status"),
        scheduled_reason=scheduled.get("reason", ""),
        scheduled_message=scheduled.get("message", ""),
    )


def status_files(
    report: FleetReport, before: Mapping[ObjectKey, TemplateStatus]
) -> dict[str, bytes | None]:
    """Every file of a report; None for templates that are gone."""
    files: dict[str, bytes | None] = {
        status_path(key): None for key in before if key not in report.templates
    }
    for key, status in report.templates.items():
        files[status_path(key)] = emit_yaml(encode_template_status(status))
    return {**files, SUMMARY: emit_yaml(summary(report))}


def summary(report: FleetReport) -> dict[str, Any]:
    """The one document people look at first."""
    templates = report.templates.values()
    health = Counter(str(one.health) for one in templates)
    failing = [row for one in templates for row in _failing(one)]
    document: dict[str, Any] = {
        "apiVersion": _API_VERSION,
        "kind": "Summary",
        "sourceCommit": report.source_commit,
        "everythingApplied": is_everything_applied(report),
        "templates": {
            "total": len(report.templates),
            "fullyApplied": sum(1 for one in templates if one.is_fully_applied),
            **{name.lower(): health.get(name, 0) for name in ("Healthy", "Unhealthy", "Unknown")},
        },
        "clusters": _clusters(report),
    }
    if report.holds:
        document["holds"] = list(report.holds)
    if failing:
        document["failing"] = failing[:_MOST_FAILING]
        document["failingTotal"] = len(failing)
    if report.problems:
        document["problems"] = list(report.problems[:_MOST_FAILING])
    return document


def is_everything_applied(report: FleetReport) -> bool:
    """Whether every template is on every cluster it belongs to, and nothing waits."""
    applied = all(one.is_fully_applied for one in report.templates.values())
    scheduled = not any(one.scheduled_message for one in report.templates.values())
    return applied and scheduled and not report.holds and not report.frozen_clusters


def _clusters(report: FleetReport) -> list[dict[str, Any]]:
    expected: Counter[str] = Counter()
    applied: Counter[str] = Counter()
    for template in report.templates.values():
        expected.update(one.cluster for one in template.members)
        applied.update(one.cluster for one in template.members if one.applied)
    rows = []
    for name in sorted({*expected, *report.frozen_clusters}):
        row: dict[str, Any] = {"name": name, "applied": applied[name], "expected": expected[name]}
        if name in report.frozen_clusters:
            row["frozen"] = report.frozen_clusters[name]
        rows.append(row)
    return rows


def _failing(template: TemplateStatus) -> list[dict[str, str]]:
    rows = []
    if template.scheduled_message:
        rows.append({"object": str(template.key), "message": template.scheduled_message})
    rows += [
        {
            "object": str(template.key),
            "cluster": one.cluster,
            "health": str(one.health),
            "message": one.message or "unhealthy",
        }
        for one in template.members
        if not one.applied or one.health is Health.UNHEALTHY
    ]
    return rows
