"""Works of plain manifests, and the comparison of one member as the cycle makes it."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from reconciler.diff.compare import compare
from reconciler.diff.context import Context
from reconciler.model.change import Change
from reconciler.model.identity import ObjectKey, work_name
from reconciler.model.manifest import Manifest
from reconciler.model.work import Body, Work


def a_work(manifest: dict[str, Any], cluster: str = "one", conflict: str = "abort") -> Work:
    """The Work of a manifest that needs no stamp."""
    raw = orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)
    read = Manifest(manifest)
    name = work_name(read.kind, read.name, read.namespace)
    return Work(
        cluster=cluster,
        key=read.key,
        api_version=read.api_version,
        name=name,
        body=Body(hashlib.sha256(raw).hexdigest(), (raw,), ()),
        conflict_resolution=conflict,
    )


def compared(
    works: dict[ObjectKey, Work], observed: dict[ObjectKey, dict[str, Any]], context: Context
) -> list[Change]:
    """One change for every object that is desired or observed."""
    keys = sorted(works.keys() | observed.keys())
    return [compare(works.get(key), observed.get(key), context) for key in keys]
