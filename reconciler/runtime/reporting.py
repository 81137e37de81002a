"""The status branch: report, inventory and holds of a pass as one commit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.change import Action, Change
from reconciler.model.cluster import Cluster, ClusterFacts
from reconciler.model.emit import emit_yaml
from reconciler.model.identity import ObjectKey
from reconciler.model.report import FleetReport, TemplateStatus
from reconciler.model.text import count_of
from reconciler.model.work import Work
from reconciler.model.world import Observed, Outcome
from reconciler.parse.decode import decode_cluster_facts
from reconciler.runtime.approvals import encode_hold, hold_path
from reconciler.runtime.executor import ExecutionReport, Result
from reconciler.status.documents import status_files
from reconciler.status.inventory import cluster_path, encode_inventory, is_worth_writing
from reconciler.status.summary import is_everything_applied

Files = dict[str, bytes | None]


def observed_after(
    observed: Mapping[str, Observed | None], report: ExecutionReport
) -> dict[str, Observed | None]:
    """What members hold after a plan was carried out, without asking them again."""
    after = {name: dict(seen.objects) if seen else None for name, seen in observed.items()}
    works = {
        name: dict(seen.works)
        for name, seen in observed.items()
        if seen is not None and seen.works is not None
    }
    for one in report.results:
        if one.change.cluster in works and one.result is Result.DONE:
            _distributed(works[one.change.cluster], one.change)
            continue
        objects = after.get(one.change.cluster)
        if objects is None or one.result is not Result.DONE:
            continue
        if one.observed is not None:
            objects[one.change.key] = one.observed
    for name in report.frozen:
        after[name] = None
    return {
        name: None if objects is None else Observed(objects=objects, works=works.get(name))
        for name, objects in after.items()
    }


def failures(report: ExecutionReport) -> dict[tuple[str, ObjectKey], str]:
    """What did not get applied, said in a sentence; deletions leave nothing to apply."""
    return {
        (one.change.cluster, one.change.key): one.message or str(one.result)
        for one in report.results
        if one.result is not Result.DONE and one.change.desired is not None
    }


def report_files(
    report: FleetReport,
    before: Mapping[ObjectKey, TemplateStatus],
    outcome: Outcome,
    clusters: Mapping[str, Cluster],
    facts: Mapping[str, ClusterFacts],
    inventory: Mapping[str, ClusterFacts],
    old_holds: Mapping[str, Any],
) -> Files:
    """Every file of the status branch that may have changed."""
    files = status_files(report, before)
    for name, now in facts.items():
        if name in clusters and not now.is_assumed:
            files |= _inventory(clusters[name], now, inventory.get(name))
    told = {name for name in clusters if name not in facts or not facts[name].is_assumed}
    files |= {cluster_path(name): None for name in inventory if name not in told}
    hold = outcome.plan.hold
    files |= {hold_path(digest): None for digest in old_holds if not _is_kept(digest, outcome)}
    if hold is not None:
        files[hold_path(hold.digest)] = encode_hold(hold)
    return files


def subject(report: FleetReport) -> str:
    """`Everything is applied: 31 templates on 3 clusters`, or what is missing."""
    total = len(report.templates)
    clusters = {one.cluster for template in report.templates.values() for one in template.members}
    if is_everything_applied(report):
        where = count_of(len(clusters), "cluster")
        return f"Everything is applied: {count_of(total, 'template')} on {where}"
    applied = sum(1 for one in report.templates.values() if one.is_fully_applied)
    parts = [f"{applied} of {count_of(total, 'template')} fully applied"]
    if report.holds:
        parts.append("deletions wait for approval")
    if report.frozen_clusters:
        parts.append(f"{count_of(len(report.frozen_clusters), 'cluster')} frozen")
    return ", ".join(parts)


def _distributed(works: dict[ObjectKey, Work], change: Change) -> None:
    """A change that was written to the branch that stands for a member."""
    if change.desired is not None:
        works[change.key] = change.desired
    elif change.action is Action.DELETE:
        works.pop(change.key, None)


def _inventory(cluster: Cluster, now: ClusterFacts, before: ClusterFacts | None) -> Files:
    document = encode_inventory(cluster, now)
    written = decode_cluster_facts(document["status"])
    return (
        {cluster_path(cluster.name): emit_yaml(document)}
        if is_worth_writing(before, written)
        else {}
    )


def _is_kept(digest: str, outcome: Outcome) -> bool:
    """A hold stays readable while its deletions wait, or are approved and not all done."""
    hold = outcome.plan.hold
    return (hold is not None and hold.digest == digest) or digest in outcome.state.approved
