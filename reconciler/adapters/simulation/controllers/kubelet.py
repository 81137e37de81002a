"""The kubelets: bound pods start, run, end, and go when they are deleted.

A pod is ready `START_SECONDS` after it was bound. Annotations of a pod template steer it:
`simulation.fleet-reconciler.io/fails` (a waiting reason such as ImagePullBackOff) keeps it from
starting, `…/start-seconds` and `…/run-seconds` change its times, `…/exit-code` how it ends.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from reconciler.adapters.simulation.controllers.owned import controller_uid
from reconciler.adapters.simulation.controllers.view import View, is_deleted, parsed

Manifest = dict[str, Any]
PREFIX: Final = "simulation.fleet-reconciler.io/"
START_SECONDS: Final = 2.0
RUN_SECONDS: Final = 5.0


def run(view: View) -> None:
    for pod in view.all("", "pods"):
        if not pod["spec"].get("nodeName"):
            continue
        if is_deleted(pod):
            view.delete(pod, at_once=True)
        elif (pod.get("status") or {}).get("phase") in ("Pending", None):
            _start(view, pod)
        elif pod["status"]["phase"] == "Running":
            _finish(view, pod)


def _setting(pod: Manifest, name: str, default: float) -> float:
    return float((pod["metadata"].get("annotations") or {}).get(PREFIX + name, default))


def _start(view: View, pod: Manifest) -> None:
    status = pod.get("status") or {}
    bound = next(
        (one["lastTransitionTime"] for one in status.get("conditions") or () if _is_bound(one)),
        pod["metadata"]["creationTimestamp"],
    )
    due = parsed(bound) + timedelta(seconds=_setting(pod, "start-seconds", START_SECONDS))
    fails = (pod["metadata"].get("annotations") or {}).get(PREFIX + "fails")
    if due > view.now:
        view.wake_at(due)
    elif fails:
        view.set_status(pod, {**status, **_waiting(pod, fails)})
    else:
        view.set_status(pod, {**status, **_running(view, pod)})


def _is_bound(condition: Manifest) -> bool:
    return bool(condition["type"] == "PodScheduled" and condition["status"] == "True")


def _waiting(pod: Manifest, reason: str) -> Manifest:
    statuses = [
        {
            "name": container["name"],
            "image": container["image"],
            "imageID": "",
            "ready": False,
            "started": False,
            "restartCount": 0,
            "state": {"waiting": {"reason": reason, "message": f"simulated: {reason}"}},
        }
        for container in pod["spec"]["containers"]
    ]
    return {"phase": "Pending", "containerStatuses": statuses}


def _running(view: View, pod: Manifest) -> Manifest:
    time = view.cluster.timestamp()
    ready = [
        {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": time}
        for kind in ("Initialized", "Ready", "ContainersReady")
    ]
    kept = [one for one in (pod["status"].get("conditions") or ()) if _is_bound(one)]
    statuses = [
        {
            "name": container["name"],
            "image": container["image"],
            "imageID": f"simulated://{container['image']}",
            "ready": True,
            "started": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": time}},
        }
        for container in pod["spec"]["containers"]
    ]
    address = view.cluster.addresses.pod()
    return {
        "phase": "Running",
        "conditions": [*kept, *ready],
        "hostIP": "192.168.0.1",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": time,
        "containerStatuses": statuses,
    }


def _finish(view: View, pod: Manifest) -> None:
    """Only pods that do not always restart come to an end."""
    if pod["spec"].get("restartPolicy", "Always") == "Always" or not controller_uid(pod):
        return
    started = parsed(pod["status"]["startTime"])
    due = started + timedelta(seconds=_setting(pod, "run-seconds", RUN_SECONDS))
    if due > view.now:
        view.wake_at(due)
        return
    code = int(_setting(pod, "exit-code", 0))
    time = view.cluster.timestamp()
    ended = {
        "exitCode": code,
        "reason": "Error" if code else "Completed",
        "startedAt": pod["status"]["startTime"],
        "finishedAt": time,
    }
    statuses = [
        {**one, "ready": False, "started": False, "state": {"terminated": ended}}
        for one in pod["status"]["containerStatuses"]
    ]
    conditions = [
        {**one, "status": "False", "reason": "PodCompleted", "lastTransitionTime": time}
        if one["type"] in ("Ready", "ContainersReady")
        else one
        for one in pod["status"]["conditions"]
    ]
    phase = "Failed" if code else "Succeeded"
    view.set_status(
        pod,
        {
            **pod["status"],
            "phase": phase,
            "conditions": conditions,
            "containerStatuses": statuses,
        },
    )
