"""Where the containers of a workload are, by kind name; the API group is not asked.

Karmada: pkg/util/overridemanager (karmada-semantics §2.12). CronJobs, init containers and custom
resources are not looked into.
"""

from __future__ import annotations

from typing import Any, Final

from reconciler.overriders.overrider import Body, OverrideFailed

_POD: Final = ("spec", "containers")
_TEMPLATE: Final = ("spec", "template", "spec", "containers")

CONTAINERS_OF_KIND: Final[dict[str, tuple[str, ...]]] = {
    "Pod": _POD,
    "ReplicaSet": _TEMPLATE,
    "Deployment": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "Job": _TEMPLATE,
}


def containers(body: Body) -> list[tuple[str, dict[str, Any]]]:
    """(JSON pointer, container) of each; none where the kind has none or the list is absent."""
    path = CONTAINERS_OF_KIND.get(str(body.get("kind")))
    if path is None:
        return []
    value: Any = body
    for step in path:
        if not isinstance(value, dict):
            raise OverrideFailed(f"/{'/'.join(path)} leads through a value that is not an object")
        value = value.get(step)
        if value is None:
            return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise OverrideFailed(f"/{'/'.join(path)} is not a list of objects")
    return [(f"/{'/'.join(path)}/{index}", container) for index, container in enumerate(value)]
