"""Observed objects as a server would show them after our apply."""

from __future__ import annotations

import copy
from typing import Any

from reconciler.diff.normal import sendable
from reconciler.diff.ownership import with_ownership

FLEET = "f1"


def config_map(**data: str) -> dict[str, Any]:
    """A ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "shop"},
        "data": data or {"a": "1"},
    }


def applied(manifest: dict[str, Any], manager: str = "reconciler") -> dict[str, Any]:
    """The object that stands after we applied this manifest, with managedFields that say so.

    Lists of named maps are keyed, other lists atomic, as in the schemas of built-in kinds.
    """
    body = copy.deepcopy(with_ownership(sendable(manifest), FLEET))
    fields = tree_of({key: body[key] for key in body if key not in {"apiVersion", "kind"}})
    del fields["f:metadata"]["f:name"]
    fields["f:metadata"].pop("f:namespace", None)
    body["metadata"] |= {
        "uid": "u1",
        "resourceVersion": "7",
        "managedFields": [entry(manager, fields, body["apiVersion"])],
    }
    return body


def entry(manager: str, fields: dict[str, Any], api_version: str = "v1") -> dict[str, Any]:
    """One entry of managedFields."""
    return {
        "manager": manager,
        "operation": "Apply" if manager == "reconciler" else "Update",
        "apiVersion": api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


def tree_of(value: Any) -> dict[str, Any]:
    """FieldsV1 of a value."""
    if isinstance(value, dict):
        return {f"f:{name}": tree_of(below) for name, below in value.items()}
    if (
        isinstance(value, list)
        and value
        and all(isinstance(x, dict) and "name" in x for x in value)
    ):
        return {f'k:{{"name":"{x["name"]}"}}': {".": {}, **tree_of(x)} for x in value}
    return {}
