"""Defaults of what runs pods: apps and batch kinds, ReplicationController."""

from __future__ import annotations

from typing import Any

from reconciler.parse.defaults.fill import each, filled, in_spec, shaped, within
from reconciler.parse.defaults.pods import claim_spec, pod_template, template

_QUARTER = "25%"
_SURGE_SINCE, _RETENTION_SINCE, _INDEXED_SINCE, _REPLACEMENT_SINCE = 22, 27, 22, 29
_MANUAL_SINCE = 28
#: Failures of single indexes are what counts, then; the total is as good as unlimited.
_ANY_NUMBER = 2**31 - 1


def deployment(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """apps/v1 Deployment."""
    return in_spec(body, lambda spec: _deployment_spec(template(spec, minor)))


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
    return in_spec(body, lambda spec: filled(template(spec, minor), replicas=1))


def stateful_set(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """apps/v1 StatefulSet."""
    return in_spec(body, lambda spec: _stateful_set_spec(template(spec, minor), minor))


def _stateful_set_spec(spec: dict[str, Any], minor: int) -> dict[str, Any]:
    spec = filled(
        spec,
        replicas=1,
        revisionHistoryLimit=10,
        podManagementPolicy="OrderedReady",
        updateStrategy={},
    )
    spec = within(spec, "updateStrategy", _partitioned)
    if minor >= _RETENTION_SINCE:
        spec = filled(spec, persistentVolumeClaimRetentionPolicy={})
        spec = within(
            spec,
            "persistentVolumeClaimRetentionPolicy",
            lambda one: filled(one, whenDeleted="Retain", whenScaled="Retain"),
        )
    return each(spec, "volumeClaimTemplates", _claim_template)


def _partitioned(strategy: dict[str, Any]) -> dict[str, Any]:
    """A strategy named in words alone gets no parameters, unlike elsewhere."""
    if strategy.get("type") is None:
        strategy = filled(strategy, type="RollingUpdate", rollingUpdate={})
    if strategy["type"] != "RollingUpdate":
        return strategy
    return within(strategy, "rollingUpdate", lambda one: filled(one, partition=0))


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
        spec = filled(template(spec, minor), revisionHistoryLimit=10, updateStrategy={})
        return within(spec, "updateStrategy", _rolling(**limits))

    return in_spec(body, step)


def job(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """batch/v1 Job: without labels of its own it takes those of its pods.

    Completions stay open when only parallelism is given: a work queue.
    """
    body = in_spec(body, lambda spec: _job_spec(template(spec, minor), minor))
    return _labelled_as_pods(body)


def _job_spec(spec: dict[str, Any], minor: int) -> dict[str, Any]:
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec = filled(spec, completions=1)
    spec = filled(spec, parallelism=1)
    per_index = spec.get("backoffLimitPerIndex") is not None
    spec = filled(spec, backoffLimit=_ANY_NUMBER if per_index else 6)
    spec = within(spec, "podFailurePolicy", lambda policy: each(policy, "rules", _failure_rule))
    if minor >= _INDEXED_SINCE:
        spec = filled(spec, completionMode="NonIndexed", suspend=False)
    if minor >= _MANUAL_SINCE:
        spec = filled(spec, manualSelector=False)
    if minor >= _REPLACEMENT_SINCE:
        policy = "Failed" if spec.get("podFailurePolicy") is not None else "TerminatingOrFailed"
        spec = filled(spec, podReplacementPolicy=policy)
    return spec


def _failure_rule(rule: dict[str, Any]) -> dict[str, Any]:
    return each(rule, "onPodConditions", lambda pattern: filled(pattern, status="True"))


def _labelled_as_pods(body: dict[str, Any]) -> dict[str, Any]:
    labels = _pod_labels(body)
    if not labels:
        return body
    return within(
        body, "metadata", lambda one: one if one.get("labels") else {**one, "labels": labels}
    )


def _pod_labels(body: dict[str, Any]) -> dict[str, Any]:
    value: Any = body
    for step in ("spec", "template", "metadata", "labels"):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def cron_job(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """batch CronJob: the job template gets the defaults of its pods, not those of a Job."""

    def jobs(spec: dict[str, Any]) -> dict[str, Any]:
        return within(shaped(spec, "metadata"), "spec", lambda inner: template(inner, minor))

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        spec = filled(
            spec,
            concurrencyPolicy="Allow",
            suspend=False,
            successfulJobsHistoryLimit=3,
            failedJobsHistoryLimit=1,
        )
        return within(spec, "jobTemplate", jobs)

    return in_spec(body, step)


def replication_controller(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 ReplicationController: selector and labels follow the template."""
    labels = _pod_labels(body)

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        spec = filled(template(spec, minor), replicas=1)
        return spec if spec.get("selector") or not labels else {**spec, "selector": labels}

    return _labelled_as_pods(in_spec(body, step))


DEFAULTS = {
    ("apps", "Deployment"): deployment,
    ("apps", "ReplicaSet"): replica_set,
    ("apps", "StatefulSet"): stateful_set,
    ("apps", "DaemonSet"): daemon_set,
    ("batch", "Job"): job,
    ("batch", "CronJob"): cron_job,
    ("", "ReplicationController"): replication_controller,
    ("", "PodTemplate"): pod_template,
}
