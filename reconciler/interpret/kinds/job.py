"""Job: parallelism is its replicas; a Job over many clusters is complete when all of them are.

Rules: Karmada `pkg/util/helper/job.go` (ParsingJobStatus); karmada-semantics §2.15.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from reconciler.interpret import typed, workload
from reconciler.interpret.body import (
    list_at,
    map_at,
    optional_whole_at,
    statuses,
    text_at,
    whole_at,
    with_value,
)
from reconciler.interpret.operation import Body, KindInterpreter, ReplicaAnswer
from reconciler.interpret.podtemplate import pod_requirements

COUNTERS: Final = ("active", "succeeded", "failed")
COMPLETE: Final = "Complete"
FAILED: Final = "Failed"
CRITERIA_MET: Final = "SuccessCriteriaMet"


def get_replicas(body: Body) -> ReplicaAnswer:
    """Parallelism, but never more than completions."""
    spec = map_at(body, "spec")
    parallelism = whole_at(spec, "parallelism")
    completions = optional_whole_at(spec, "completions")
    return ReplicaAnswer(
        replicas=parallelism if completions is None else min(parallelism, completions),
        requirements=pod_requirements(map_at(spec, "template")),
    )


def retain(desired: Body, observed: Body) -> Body:
    """The selector and the pod labels that the member's Job controller made up."""
    selector = map_at(observed, "spec", "selector").get("matchLabels")
    if selector is not None:
        desired = with_value(desired, ("spec", "selector", "matchLabels"), selector)
    labels = map_at(observed, "spec", "template", "metadata").get("labels")
    if labels is not None:
        desired = with_value(desired, ("spec", "template", "metadata", "labels"), labels)
    return desired


def reflect_status(observed: Body) -> Body | None:
    """Counters, conditions and times."""
    if observed.get("status") is None:
        return None
    status = map_at(observed, "status")
    reflected: Body = {name: whole_at(status, name) for name in COUNTERS}
    reflected |= {name: text_at(status, name) for name in ("startTime", "completionTime")}
    reflected["conditions"] = [written_condition(one) for one in list_at(status, "conditions")]
    return {name: value for name, value in reflected.items() if value}


def written_condition(condition: Body) -> Body:
    """A JobCondition as Go writes it: its times are always there."""
    always = {name: condition.get(name) or "" for name in ("type", "status")}
    times = {name: condition.get(name) for name in ("lastProbeTime", "lastTransitionTime")}
    texts = {name: condition[name] for name in ("reason", "message") if condition.get(name)}
    return always | times | texts


def aggregate_status(template: Body, items: list[Body]) -> Body:
    """One status over all clusters; what was finished once stays as it is."""
    old = map_at(template, "status")
    if finished_as(old):
        return template
    new = aggregated(items)
    if {name: value for name, value in old.items() if value} == new:
        return template
    return typed.written(template, typed.JOB) | {"status": new}


def aggregated(items: list[Body]) -> Body:
    """Sums, the conditions they come to, and the times once every cluster has them."""
    found = statuses(items)
    status: Body = {name: sum(whole_at(member, name) for _, member in found) for name in COUNTERS}
    status["conditions"] = conditions(found, len(items))
    status["startTime"] = time_of_all(found, "startTime", len(items), min)
    status["completionTime"] = time_of_all(found, "completionTime", len(items), max)
    return {name: value for name, value in status.items() if value}


def conditions(found: list[tuple[str, Body]], expected: int) -> list[Body]:
    """Failed when any cluster's Job did, Complete when all of them are."""
    outcomes = [(cluster, status, finished_as(status)) for cluster, status in found]
    failed = [cluster for cluster, _, outcome in outcomes if outcome == FAILED]
    complete = [status for _, status, outcome in outcomes if outcome == COMPLETE]
    moment = latest_transition(status for _, status, outcome in outcomes if outcome)
    result = []
    if failed:
        message = f"Job executed failed in member clusters {','.join(failed)}"
        result.append(condition(FAILED, "JobFailed", message, moment))
    if complete and len(complete) == expected:
        if all(is_true(status, CRITERIA_MET) for status in complete):
            message = "Job success criteria met"
            result.append(condition(CRITERIA_MET, "SuccessCriteriaMet", message, moment))
        result.append(condition(COMPLETE, "Completed", "Job completed", moment))
    return result


def condition(kind: str, reason: str, message: str, moment: str | None) -> Body:
    """A true JobCondition.

    Karmada stamps it with its clock; here it carries the latest time a member reported, so that
    the same reports make the same status.
    """
    return {
        "type": kind,
        "status": "True",
        "lastProbeTime": moment,
        "lastTransitionTime": moment,
        "reason": reason,
        "message": message,
    }


def finished_as(status: Body) -> str:
    """`Complete` or `Failed`, empty for a Job that is not finished."""
    for one in list_at(status, "conditions"):
        if one.get("type") in {COMPLETE, FAILED} and one.get("status") == "True":
            return str(one["type"])
    return ""


def is_true(status: Body, kind: str) -> bool:
    """Whether the condition of that type is true."""
    return any(
        one.get("type") == kind and one.get("status") == "True"
        for one in list_at(status, "conditions")
    )


def latest_transition(found: Iterable[Body]) -> str | None:
    """The latest transition of any condition; None when nobody says."""
    times = [
        text_at(one, "lastTransitionTime")
        for status in found
        for one in list_at(status, "conditions")
    ]
    return max(times, default="") or None


def time_of_all(found: list[tuple[str, Body]], name: str, expected: int, pick: Any) -> str:
    """The earliest or latest of a time that every cluster has; empty before that."""
    times = [text_at(status, name) for _, status in found if status.get(name)]
    return pick(times) if times and len(times) == expected else ""


INTERPRETER: Final = KindInterpreter(
    api_version="batch/v1",
    kind="Job",
    get_replicas=get_replicas,
    revise_replica=workload.revise("parallelism"),
    retain=retain,
    reflect_status=reflect_status,
    aggregate_status=aggregate_status,
    get_dependencies=workload.template_dependencies("spec", "template"),
)
