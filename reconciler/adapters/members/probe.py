"""The facts of a member: ready or not, its version, what it serves, its uid, its capacity.

Rules: karmada-semantics §2.18 (`/readyz`, `/healthz` where that is not known; reasons of the
conditions). What may not be read is left out and said; it never counts as absent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from reconciler.adapters.members.capacity import Capacity, capacity_of
from reconciler.adapters.members.discovery import Discovered, discover
from reconciler.adapters.members.transport import Request, Transport
from reconciler.model.cluster import ClusterFacts, Condition, ResourceModel
from reconciler.model.errors import MemberRefused, MemberUnreachable

READY: Final = "Ready"
COMPLETE: Final = "CompleteAPIEnablements"
_NOT_FOUND: Final = 404
_FORBIDDEN: Final = frozenset({401, 403})
_PAGE: Final = "500"
_MOST_PAGES: Final = 2000


async def probe_member(transport: Transport, models: Sequence[ResourceModel]) -> ClusterFacts:
    """Facts read now; only the Ready condition where the member is not ready."""
    ready = await readiness(transport)
    if ready.status != "True":
        return ClusterFacts(conditions=(ready,))
    version, found, uid, capacity = await asyncio.gather(
        transport.good(Request(method="GET", path="/version")),
        discover(transport),
        _uid(transport),
        _capacity(transport, models),
    )
    return ClusterFacts(
        kubernetes_version=str(version.get("gitVersion") or ""),
        enablements=found.enablements,
        resources=found.resources,
        conditions=(ready, _completeness(found)),
        nodes_total=capacity.nodes_total if capacity else 0,
        nodes_ready=capacity.nodes_ready if capacity else 0,
        resource_summary=capacity.summary if capacity else None,
        uid=uid,
    )


async def readiness(transport: Transport) -> Condition:
    """The Ready condition."""
    try:
        answer = await transport.send(Request(method="GET", path="/readyz"))
        if answer.status == _NOT_FOUND:
            answer = await transport.send(Request(method="GET", path="/healthz"))
    except MemberUnreachable as error:
        return _ready("False", "ClusterNotReachable", str(error))
    except MemberRefused as error:
        return _ready("False", "ClusterNotReady", str(error))
    if answer.is_good:
        return _ready("True", "ClusterReady", "the API server answers and is ready")
    if answer.status in _FORBIDDEN:
        raise transport.refusal(answer)
    text = transport.clean(answer.body[:200].decode(errors="replace"))
    return _ready("False", "ClusterNotReady", f"the API server is not ready: {text}")


def _ready(status: str, reason: str, message: str) -> Condition:
    return Condition(type=READY, status=status, reason=reason, message=message)


def _completeness(found: Discovered) -> Condition:
    if not found.enablements:
        return Condition(type=COMPLETE, status="False", reason="Empty", message="nothing is served")
    if found.unread:
        unread = ", ".join(found.unread)
        return Condition(
            type=COMPLETE, status="False", reason="Partial", message=f"not readable: {unread}"
        )
    return Condition(
        type=COMPLETE, status="True", reason="Complete", message="everything served is known"
    )


async def _uid(transport: Transport) -> str:
    """The uid of kube-system, which identifies the member; empty where it may not be read."""
    answer = await transport.send(Request(method="GET", path="/api/v1/namespaces/kube-system"))
    if answer.status in {*_FORBIDDEN, _NOT_FOUND}:
        return ""
    if not answer.is_good:
        raise transport.refusal(answer)
    metadata = answer.json().get("metadata")
    return str(metadata.get("uid") or "") if isinstance(metadata, dict) else ""


async def _capacity(transport: Transport, models: Sequence[ResourceModel]) -> Capacity | None:
    """The capacity, None where nodes and pods may not be listed."""
    try:
        nodes, pods = await asyncio.gather(
            _all(transport, "/api/v1/nodes"), _all(transport, "/api/v1/pods")
        )
    except MemberRefused as error:
        if error.status in _FORBIDDEN:
            return None
        raise
    return capacity_of(nodes, pods, models)


async def _all(transport: Transport, path: str) -> list[dict[str, Any]]:
    """Every page of a list."""
    items: list[dict[str, Any]] = []
    query = {"limit": _PAGE}
    for _ in range(_MOST_PAGES):
        page = await transport.good(Request(method="GET", path=path, query=query))
        found = page.get("items")
        items += [one for one in found or () if isinstance(one, dict)]
        metadata = page.get("metadata")
        token = metadata.get("continue") if isinstance(metadata, dict) else None
        if not token:
            return items
        query["continue"] = str(token)
    raise MemberRefused(f"a list without end at {path}")
