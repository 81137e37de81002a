"""What an API server fills in: defaults of built-in kinds, as a table of functions by group and
kind.

Karmada decided on objects an API server had completed; Git holds what people wrote (design §4). The
same table serves
the simulated members, which is why every default knows the minor version that brought it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.model.identity import split_api_version
from reconciler.parse.defaults import access, cluster, network, scaling, storage, workloads
from reconciler.parse.defaults.pods import pod

#: The newest minor version the table knows; what a commit is read with.
NEWEST = 36

Defaulter = Callable[[dict[str, Any], int], dict[str, Any]]

#: (group, kind) -> completed body. A kind that is not here has no defaults that a decision reads.
DEFAULTS: Mapping[tuple[str, str], Defaulter] = {
    ("", "Pod"): pod,
    **workloads.DEFAULTS,
    **network.DEFAULTS,
    **storage.DEFAULTS,
    **scaling.DEFAULTS,
    **access.DEFAULTS,
    **cluster.DEFAULTS,
}


def with_defaults(body: dict[str, Any], minor: int = NEWEST) -> dict[str, Any]:
    """The manifest as a server of version 1.`minor` would store it, as far as defaults go.

    The input is not changed; parts without defaults are shared with it. A body whose shape the kind
    does not allow is
    returned as far as it could be completed: schemas of kinds are the API server's business.
    """
    group, _ = split_api_version(str(body.get("apiVersion", "")))
    defaulter = DEFAULTS.get((group, str(body.get("kind", ""))))
    return body if defaulter is None else defaulter(body, minor)
