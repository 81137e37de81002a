"""Jobs: pods until enough of them have succeeded."""

from __future__ import annotations

from typing import Any, Final

from reconciler.adapters.simulation.controllers.view import View, is_deleted, is_ready, pod_of

Manifest = dict[str, Any]
_BACKOFF_LIMIT: Final = 6


def run(view: View) -> None:
    for job in view.all("batch", "jobs"):
        if not is_deleted(job) and not _is_finished(job):
            _reconcile(view, job)


def _is_finished(job: Manifest) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(
        one["type"] in ("Complete", "Failed") and one["status"] == "True" for one in conditions
    )


def _reconcile(view: View, job: Manifest) -> None:
    spec, status = job["spec"], dict(job.get("status") or {})
    if spec.get("suspend"):
        return
    pods = view.owned(job, "", "pods")
    phases = [(pod.get("status") or {}).get("phase") for pod in pods]
    succeeded, failed = phases.count("Succeeded"), phases.count("Failed")
    active = [pod for pod, phase in zip(pods, phases, strict=True) if _runs(pod, phase)]
    wanted = spec.get("completions", 1)
    time = view.cluster.timestamp()
    status.setdefault("startTime", time)
    if succeeded >= wanted:
        status["conditions"] = [_condition("Complete", time)]
        status["completionTime"] = time
    elif failed > spec.get("backoffLimit", _BACKOFF_LIMIT):
        status["conditions"] = [_condition("Failed", time, "BackoffLimitExceeded")]
    else:
        room = min(spec.get("parallelism", 1), wanted - succeeded) - len(active)
        for _ in range(room):
            created = view.create(pod_of(job, spec["template"]))
            if created is None:
                break
            active.append(created)
    counts = {
        "active": len(active),
        "succeeded": succeeded,
        "failed": failed,
        "ready": sum(1 for pod in active if is_ready(pod)),
    }
    status = {name: value for name, value in status.items() if name not in counts}
    view.set_status(job, {**status, **{name: count for name, count in counts.items() if count}})


def _runs(pod: Manifest, phase: str | None) -> bool:
    return phase not in ("Succeeded", "Failed") and not is_deleted(pod)


def _condition(kind: str, time: str, reason: str = "") -> Manifest:
    condition = {"type": kind, "status": "True", "lastProbeTime": time, "lastTransitionTime": time}
    return {**condition, "reason": reason} if reason else condition
