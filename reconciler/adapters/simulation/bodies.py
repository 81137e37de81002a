"""What a request carries: its body, and options in body and query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import web
from multidict import MultiMapping

from reconciler.adapters.simulation import errors
from reconciler.adapters.simulation.calls import JSON, TRUE, Call
from reconciler.adapters.simulation.deletes import DeleteOptions
from reconciler.adapters.simulation.places import WriteOptions
from reconciler.adapters.simulation.reads import ListOptions
from reconciler.adapters.simulation.writes import APPLY_PATCH
from reconciler.parse.yaml import read_documents

BODY_LIMIT: Final = 3 * 1024 * 1024
_PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
_YAML_BODIES: Final = ("application/yaml", APPLY_PATCH, "text/yaml", "application/x-yaml")


def media_of(call: Call) -> str:
    """The media type of the body, without parameters."""
    return call.request.headers.get("Content-Type", "").partition(";")[0].strip()


async def body_of(call: Call, *accepted: str) -> Any:
    """The decoded body. Raises ApiError 400, 413 or 415."""
    raw = await raw_body(call.request)
    media = media_of(call)
    if media == _PROTOBUF:
        raise errors.not_implemented("bodies in protobuf; send JSON")
    if media and media not in accepted and media != "application/x-www-form-urlencoded":
        raise errors.unsupported_media_type((JSON, "application/yaml"))
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if media not in _YAML_BODIES:
            raise errors.bad_request(
                "the object provided is unrecognized: couldn't get version/kind; json parse error: "
                f"{error}"
            ) from error
    documents = read_documents(raw)
    problem = documents[0].problem if documents else None
    if not documents or problem is not None:
        raise errors.bad_request(f"error decoding YAML: {problem}")
    return documents[0].value


async def raw_body(request: web.BaseRequest) -> bytes:
    """The whole body. Raises ApiError 413."""
    chunks, size = [], 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > BODY_LIMIT:
            raise errors.too_large(f"Request entity too large: limit is {BODY_LIMIT}")
        chunks.append(chunk)
    return b"".join(chunks)


def list_options(query: MultiMapping[str]) -> ListOptions:
    """What a list or a watch selects. Raises ApiError 400."""
    limit = query.get("limit", "") or "0"
    if not limit.isdigit():
        raise errors.bad_request(f'strconv.ParseInt: parsing "{limit}": invalid syntax')
    return ListOptions(
        label_selector=query.get("labelSelector", ""),
        field_selector=query.get("fieldSelector", ""),
        limit=int(limit),
        token=query.get("continue", ""),
        resource_version=query.get("resourceVersion", ""),
        version_match=query.get("resourceVersionMatch", ""),
    )


def write_options(call: Call) -> WriteOptions:
    """Who writes, and how. Raises ApiError 422."""
    query = call.query
    dry_run = query.get("dryRun", "")
    if dry_run not in ("", "All"):
        cause = errors.Cause(
            reason="FieldValueNotSupported",
            message=f'Unsupported value: "{dry_run}": supported values: "All"',
            field="dryRun",
        )
        raise errors.invalid("CreateOptions", "meta.k8s.io", "", [cause])
    agent = call.request.headers.get("User-Agent", "unknown").partition("/")[0]
    return WriteOptions(
        manager=query.get("fieldManager") or agent or "unknown",
        dry_run=dry_run == "All",
        force=call.is_set("force"),
        field_validation=query.get("fieldValidation") or "Warn",
    )


async def delete_options(call: Call) -> DeleteOptions:
    """From body and query. Raises ApiError 400."""
    raw = await raw_body(call.request)
    body: Any = {}
    if raw.strip():
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise errors.bad_request(f"json parse error: {error}") from error
    return delete_options_of(body if isinstance(body, dict) else {}, call.query)


def delete_options_of(body: Mapping[str, Any], query: MultiMapping[str]) -> DeleteOptions:
    """The same of a body that is decoded."""
    preconditions = body.get("preconditions") or {}
    policy = body.get("propagationPolicy") or query.get("propagationPolicy") or None
    orphans = body.get("orphanDependents")
    if policy is None and (orphans is True or query.get("orphanDependents") in TRUE):
        policy = "Orphan"
    grace = body.get("gracePeriodSeconds", query.get("gracePeriodSeconds"))
    dry_run = [*(body.get("dryRun") or ()), *query.getall("dryRun", [])]
    return DeleteOptions(
        uid=preconditions.get("uid"),
        resource_version=preconditions.get("resourceVersion"),
        policy=policy,
        grace_seconds=None if grace is None else int(grace),
        dry_run="All" in dry_run,
    )
