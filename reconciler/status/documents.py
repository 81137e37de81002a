"""The report as documents of the status branch, and back: one for each template, and the summary.

Nothing in them changes but when what they say changes: no heartbeat, no "last seen".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.emit import emit_yaml
from reconciler.model.identity import ObjectKey, split_api_version
from reconciler.model.paths import object_path
from reconciler.model.report import FleetReport, Health, MemberStatus, TemplateStatus
from reconciler.status.summary import API_VERSION, summary
from reconciler.status.withhold import is_withheld

STATUS, SUMMARY = "status/", "summary.yaml"


def status_path(key: ObjectKey) -> str:
    """Where a template's status stands: `status/shop/apps/Deployment/web.yaml`."""
    return STATUS + object_path(key.namespace, key.group, key.kind, key.name)


def encode_template_status(status: TemplateStatus) -> dict[str, Any]:
    """One template's document."""
    key = status.key
    is_shown = not is_withheld(key.group, key.kind)
    document: dict[str, Any] = {
        "apiVersion": API_VERSION,
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
    if status.is_frozen:
        document["frozen"] = True
    scheduled = {"reason": status.scheduled_reason, "message": status.scheduled_message}
    if any(scheduled.values()):
        document["scheduled"] = {name: text for name, text in scheduled.items() if text}
    if status.status is not None and is_shown:
        document["status"] = status.status
    document["clusters"] = [_member(one, is_shown=is_shown) for one in status.members]
    return document


def _member(member: MemberStatus, *, is_shown: bool) -> dict[str, Any]:
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
    if member.status is not None and is_shown:
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
        is_frozen=document.get("frozen", False),
    )


def status_files(
    report: FleetReport, before: Mapping[ObjectKey, TemplateStatus]
) -> dict[str, bytes | None]:
    """The files of a report that say something new; None for templates that are gone."""
    files: dict[str, bytes | None] = {
        status_path(key): None for key in before if key not in report.templates
    }
    for key, status in report.templates.items():
        if before.get(key) != status:
            files[status_path(key)] = emit_yaml(encode_template_status(status))
    return {**files, SUMMARY: emit_yaml(summary(report))}
