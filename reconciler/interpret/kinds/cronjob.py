"""CronJob: the active Jobs of all clusters, and the last times any of them ran."""

from __future__ import annotations

from typing import Final

from reconciler.interpret import typed, workload
from reconciler.interpret.body import list_at, map_at, statuses, text_at
from reconciler.interpret.operation import Body, KindInterpreter

TIMES: Final = ("lastScheduleTime", "lastSuccessfulTime")


def aggregate_status(template: Body, items: list[Body]) -> Body:
    """Active Jobs one after another, the latest times; unchanged when that is nothing new."""
    found = [status for _, status in statuses(items)]
    status: Body = {"active": [job for member in found for job in list_at(member, "active")]}
    for name in TIMES:
        status[name] = max((text_at(member, name) for member in found), default="")
    new = {name: value for name, value in status.items() if value}
    if map_at(template, "status") == new:
        return template
    return typed.written(template, typed.CRON_JOB) | {"status": new}


INTERPRETER: Final = KindInterpreter(
    api_version="batch/v1",
    kind="CronJob",
    reflect_status=workload.whole_status,
    aggregate_status=aggregate_status,
    get_dependencies=workload.template_dependencies("spec", "jobTemplate", "spec", "template"),
)
