"""Interpretations a second: native and Lua kinds, and one template over 1,000 clusters.

Run: `python benchmarks/interpret.py`. Aims: 50,000 native GetReplicas a second, 5,000 Lua calls a
second, 20 ms for an aggregation over 1,000 clusters.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from reconciler.interpret.chain import Interpreter

SECONDS = 1.0
CLUSTERS = 1000

CONTAINER = {
    "name": "app",
    "image": "registry.example/app:1.4",
    "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
    "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}}],
}
TEMPLATE = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [CONTAINER, {**CONTAINER, "name": "sidecar"}]},
}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "generation": 2},
    "spec": {"replicas": 7, "template": TEMPLATE, "selector": {"matchLabels": {"app": "web"}}},
    "status": {"observedGeneration": 2, "updatedReplicas": 7, "availableReplicas": 7},
}
CLONE_SET: dict[str, Any] = {
    **DEPLOYMENT,
    "apiVersion": "apps.kruise.io/v1alpha1",
    "kind": "CloneSet",
    "status": {"observedGeneration": 2, "replicas": 7, "readyReplicas": 7, "updatedReplicas": 7},
}
MEMBER = {
    "replicas": 7,
    "readyReplicas": 7,
    "updatedReplicas": 7,
    "availableReplicas": 7,
    "observedGeneration": 2,
    "generation": 2,
    "resourceTemplateGeneration": 2,
}


def rate(call: Callable[[], Any]) -> float:
    """Calls a second, measured for about a second after a short warm-up."""
    for _ in range(20):
        call()
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        for _ in range(20):
            call()
        count += 20
    return count / (time.perf_counter() - started)


def main() -> None:
    """Measure and print one line each."""
    interpreter = Interpreter()
    items = [
        {"clusterName": f"member-{number:04}", "applied": True, "status": MEMBER}
        for number in range(CLUSTERS)
    ]
    figures = {
        "native GetReplicas": lambda: interpreter.get_replicas(DEPLOYMENT),
        "native InterpretHealth": lambda: interpreter.interpret_health(DEPLOYMENT),
        "native GetDependencies": lambda: interpreter.get_dependencies(DEPLOYMENT),
        "Lua GetReplicas": lambda: interpreter.get_replicas(CLONE_SET),
        "Lua InterpretHealth": lambda: interpreter.interpret_health(CLONE_SET),
        "Lua ReviseReplica": lambda: interpreter.revise_replica(CLONE_SET, 3),
    }
    for name, call in figures.items():
        print(f"{name}: {rate(call):,.0f}/s")
    for body in (DEPLOYMENT, CLONE_SET):
        per_second = rate(lambda body=body: interpreter.aggregate_status(body, items))  # type: ignore[misc]
        print(f"AggregateStatus of a {body['kind']} over {CLUSTERS}: {1000 / per_second:.1f} ms")


if __name__ == "__main__":
    main()
