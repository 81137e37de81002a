"""CronJobs: a Job at every time the schedule names."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from croniter import croniter

from reconciler.adapters.simulation.controllers.view import (
    View,
    is_deleted,
    owner_reference,
    parsed,
)

Manifest = dict[str, Any]
_LOOK_BACK: Final = timedelta(days=1)


def run(view: View) -> None:
    for cron_job in view.all("batch", "cronjobs"):
        if not is_deleted(cron_job) and not cron_job["spec"].get("suspend"):
            _reconcile(view, cron_job)


def _reconcile(view: View, cron_job: Manifest) -> None:
    status = cron_job.get("status") or {}
    since = parsed(status.get("lastScheduleTime") or cron_job["metadata"]["creationTimestamp"])
    due = _last_due(cron_job["spec"]["schedule"], max(since, view.now - _LOOK_BACK), view.now)
    if due is not None:
        _start(view, cron_job, due)
        shown = due.strftime("%Y-%m-%dT%H:%M:%SZ")
        status = {**status, "lastScheduleTime": shown}
    active = [_reference(job) for job in view.owned(cron_job, "batch", "jobs") if _runs(job)]
    status = {name: value for name, value in status.items() if name != "active"}
    view.set_status(cron_job, {**status, "active": active} if active else status)
    view.wake_at(croniter(cron_job["spec"]["schedule"], view.now).get_next(datetime))


def _last_due(schedule: str, since: datetime, now: datetime) -> datetime | None:
    """The latest time of the schedule after `since` and not after now."""
    latest: datetime = croniter(schedule, now + timedelta(seconds=1)).get_prev(datetime)
    return latest if latest > since else None


def _start(view: View, cron_job: Manifest, due: datetime) -> None:
    policy = cron_job["spec"].get("concurrencyPolicy", "Allow")
    running = [job for job in view.owned(cron_job, "batch", "jobs") if _runs(job)]
    if running and policy == "Forbid":
        return
    if policy == "Replace":
        for job in running:
            view.delete(job)
    template, metadata = cron_job["spec"]["jobTemplate"], cron_job["metadata"]
    given = template.get("metadata") or {}
    view.create(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                **{name: given[name] for name in ("labels", "annotations") if given.get(name)},
                "name": f"{metadata['name']}-{int(due.timestamp()) // 60}",
                "namespace": metadata["namespace"],
                "ownerReferences": [owner_reference(cron_job)],
            },
            "spec": template["spec"],
        }
    )


def _runs(job: Manifest) -> bool:
    return not (job.get("status") or {}).get("conditions")


def _reference(job: Manifest) -> Manifest:
    metadata = job["metadata"]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "uid": metadata["uid"],
    }
