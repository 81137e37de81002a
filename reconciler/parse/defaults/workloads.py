"""Defaults of what runs pods: apps and batch kinds, ReplicationController."""

from __future__ import annotations

from typing import Any

from reconciler.parse.defaults.fill import each, filled, in_spec, within
from reconciler.parse.defaults.pods import template
from reconciler.parse.defaults.storage import claim_spec

_QUARTER = "25%"
_SURGE_SINCE, _RETENTION_SINCE, _INDEXED_SINCE, _REPLACEMENT_SINCE = 22, 27, 21, 29
_MANUAL_SINCE = 27


def deployment(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """apps/v1 Deployment."""
    del minor
    return in_spec(body, lambda spec: _deployment_spec(template(spec)))


def _deployment_spec(spec: dict[str, Any]) -> dict[str, Any]:
    spec = filled(
        spec,
        replicas=1,
        revisionHistoryLimit=10,
        progressDeadlineSeconds=600,
        strategy={},
    )
    return within(spec, "strategy", _rolling(maxUnavailable=_QUARTER, maxSurge=_QUARTER))


def _rolling(**limits: Any) -> Any:
    def step(strategy: dict[str, Any]) -> dict[str, Any]:
        strategy = filled(strategy, type="RollingUpdate")
        if strategy["type"] != "RollingUpdate":
            return strategy
        strategy = filled(strategy, rollingUpdate={})
        return within(strategy, "rollingUpdate", lambda one: filled(one, **limits))

    return step


def replica_set(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """apps/v1 ReplicaSet."""
    del minor
    return in_spec(body, lambda spec: filled(template(spec), replicas=1))


def stateful_set(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """apps/v1 StatefulSet."""
    return in_spec(body, lambda spec: _stateful_set_spec(template(spec), minor))


def _stateful_set_spec(spec: dict[str, Any], minor: int) -> dict[str, Any]:
    spec = filled(
        spec,
        replicas=1,
        revisionHistoryLimit=10,
        podManagementPolicy="OrderedReady",
        updateStrategy={},
    )
    spec = within(spec, "updateStrategy", _rolling(partition=0))
    if minor >= _RETENTION_SINCE:
        spec = filled(spec, persistentVolumeClaimRetentionPolicy={})
        spec = within(
            spec,
            "persistentVolumeClaimRetentionPolicy",
            lambda one: filled(one, whenDeleted="Retain", whenScaled="Retain"),
        )
    return each(spec, "volumeClaimTemplates", _claim_template)


def _claim_template(claim: dict[str, Any]) -> dict[str, Any]:
    claim = filled(
        claim, apiVersion="v1", kind="PersistentVolumeClaim", status={"phase": "Pending"}
    )
    return within(claim, "spec", claim_spec)


def daemon_set(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """apps/v1 DaemonSet."""
    limits: dict[str, Any] = {"maxUnavailable": 1}
    if minor >= _SURGE_SINCE:
        limits["maxSurge"] = 0

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        spec = filled(template(spec), revisionHistoryLimit=10, updateStrategy={})
        return within(spec, "updateStrategy", _rolling(**limits))

    return in_spec(body, step)


def job(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """batch/v1 Job. Completions stay open when only parallelism is given: a work queue."""
    return in_spec(body, lambda spec: _job_spec(template(spec), minor))


def _job_spec(spec: dict[str, Any], minor: int) -> dict[str, Any]:
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec = filled(spec, completions=1)
    spec = filled(spec, parallelism=1)
    if spec.get("backoffLimitPerIndex") is None:
        spec = filled(spec, backoffLimit=6)
    if minor >= _INDEXED_SINCE:
        spec = filled(spec, completionMode="NonIndexed", suspend=False)
    if minor >= _MANUAL_SINCE:
        spec = filled(spec, manualSelector=False)
    if minor >= _REPLACEMENT_SINCE:
        policy = "Failed" if spec.get("podFailurePolicy") is not None else "TerminatingOrFailed"
        spec = filled(spec, podReplacementPolicy=policy)
    return spec


def cron_job(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """batch CronJob: the job template gets the defaults of its pods, not those of a Job."""
    del minor

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        spec = filled(
            spec,
            concurrencyPolicy="Allow",
            suspend=False,
            successfulJobsHistoryLimit=3,
            failedJobsHistoryLimit=1,
        )
        return within(spec, "jobTemplate", lambda one: within(one, "spec", template))

    return in_spec(body, step)


def replication_controller(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 ReplicationController: selector and labels follow the template."""
    del minor

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        spec = filled(template(spec), replicas=1)
        labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
        return filled(spec, selector=labels) if labels else spec

    return in_spec(body, step)


DEFAULTS = {
    ("apps", "Deployment"): deployment,
    ("apps", "ReplicaSet"): replica_set,
    ("apps", "StatefulSet"): stateful_set,
    ("apps", "DaemonSet"): daemon_set,
    ("batch", "Job"): job,
    ("batch", "CronJob"): cron_job,
    ("", "ReplicationController"): replication_controller,
}
