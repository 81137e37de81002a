"""Native kinds: one file a kind holding all its operations, one row here.

May import: `model` and the modules of `interpret/` beside it; never Lua.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from reconciler.interpret.kinds import (
    cronjob,
    daemonset,
    deployment,
    horizontalpodautoscaler,
    ingress,
    job,
    persistentvolume,
    persistentvolumeclaim,
    pod,
    poddisruptionbudget,
    replicaset,
    secret,
    service,
    serviceaccount,
    serviceimport,
    statefulset,
)
from reconciler.interpret.operation import KindInterpreter
from reconciler.interpret.workload import whole_status

NATIVE: Final = (
    cronjob.INTERPRETER,
    daemonset.INTERPRETER,
    deployment.INTERPRETER,
    horizontalpodautoscaler.INTERPRETER,
    ingress.INTERPRETER,
    job.INTERPRETER,
    persistentvolume.INTERPRETER,
    persistentvolumeclaim.INTERPRETER,
    pod.INTERPRETER,
    poddisruptionbudget.INTERPRETER,
    replicaset.INTERPRETER,
    secret.INTERPRETER,
    service.INTERPRETER,
    serviceaccount.INTERPRETER,
    serviceimport.INTERPRETER,
    statefulset.INTERPRETER,
)
BY_KIND: Final = {(one.api_version, one.kind): one for one in NATIVE}


class NativeLayer:
    """The last layer: it reflects the whole status of every kind, even of those unknown to it."""

    def find(self, api_version: str, kind: str) -> KindInterpreter:
        """The interpreter of the kind, its status reflected whole where nothing else is said."""
        known = BY_KIND.get(
            (api_version, kind), KindInterpreter(api_version=api_version, kind=kind)
        )
        if known.reflect_status is not None:
            return known
        return replace(known, reflect_status=whole_status)
