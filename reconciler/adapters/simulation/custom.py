"""Custom resources: structural schemas that prune, default and validate, and what a CRD serves.

Sources: apiextensions-apiserver `pkg/apiserver/schema` (pruning, defaulting, listtype) and
`pkg/apiserver/validation`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jsonschema_rs

from reconciler.adapters.simulation.catalogue import Resource, Subresource
from reconciler.adapters.simulation.errors import Cause
from reconciler.adapters.simulation.features import Features
from reconciler.adapters.simulation.fieldset import key_element, value_element
from reconciler.adapters.simulation.shapes import (
    ANYTHING,
    ListOf,
    MapOf,
    Scalar,
    Shape,
    Struct,
    type_table,
)
from reconciler.adapters.simulation.validation import bad_value, required, unsupported

Schema = Mapping[str, Any]
_PRESERVE: Final = "x-kubernetes-preserve-unknown-fields"
_INT_OR_STRING: Final = "x-kubernetes-int-or-string"
_EMBEDDED: Final = "x-kubernetes-embedded-resource"
_TOP: Final = ("apiVersion", "kind", "metadata")
_SCALARS: Final = {"string": "s", "integer": "i", "number": "n", "boolean": "b"}
_OBJECT_META: Final = "apimachinery.pkg.apis.meta.v1.ObjectMeta"
_VERBS: Final = (
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "create",
    "update",
    "watch",
)
_SUBRESOURCE_VERBS: Final = ("get", "patch", "update")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomVersion:
    """One version of a CRD, ready for use."""

    schema: Schema
    has_status: bool
    scale: Mapping[str, str] | None
    columns: tuple[Mapping[str, Any], ...]
    selectable: tuple[str, ...]
    validator: Any

    def prune(self, manifest: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Without fields the schema does not name, and the paths of those fields."""
        dropped: list[str] = []
        return _pruned(manifest, self.schema, "", dropped, top=True), dropped

    def default(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """With the schema's defaults."""
        result: dict[str, Any] = _defaulted(manifest, self.schema)
        return result

    def causes(self, manifest: dict[str, Any]) -> Iterator[Cause]:
        """What the schema refuses."""
        for error in self.validator.iter_errors(manifest):
            yield from _causes(error)
        yield from _list_causes(manifest, self.schema, "")


def served(definition: Mapping[str, Any], features: Features) -> list[Resource]:
    """The resources of an established CRD."""
    spec = definition["spec"]
    names = spec["names"]
    found = []
    for version in spec.get("versions") or ():
        if not version.get("served"):
            continue
        custom = _version(version)
        found.append(
            Resource(
                group=spec["group"],
                version=version["name"],
                kind=names["kind"],
                plural=names["plural"],
                singular=names.get("singular") or names["kind"].lower(),
                namespaced=spec.get("scope") == "Namespaced",
                verbs=_VERBS,
                short=tuple(names.get("shortNames") or ()),
                categories=tuple(names.get("categories") or ()),
                list_kind=names.get("listKind") or names["kind"] + "List",
                subresources=_subresources(custom, names["kind"]),
                shape=_object_shape(custom.schema, features),
                custom=custom,
            )
        )
    return found


def _version(version: Mapping[str, Any]) -> CustomVersion:
    schema = (version.get("schema") or {}).get("openAPIV3Schema") or {_PRESERVE: True}
    subresources = version.get("subresources") or {}
    return CustomVersion(
        schema=schema,
        has_status="status" in subresources,
        scale=subresources.get("scale"),
        columns=tuple(version.get("additionalPrinterColumns") or ()),
        selectable=tuple(
            field["jsonPath"].lstrip(".") for field in version.get("selectableFields") or ()
        ),
        validator=jsonschema_rs.Draft202012Validator(_plain(schema, top=True)),
    )


def _subresources(custom: CustomVersion, kind: str) -> dict[str, Subresource]:
    found = {}
    if custom.has_status:
        found["status"] = Subresource(
            name="status", kind=kind, group="", version="", verbs=_SUBRESOURCE_VERBS
        )
    if custom.scale:
        found["scale"] = Subresource(
            name="scale",
            kind="Scale",
            group="autoscaling",
            version="v1",
            verbs=_SUBRESOURCE_VERBS,
        )
    return found


# ---- shapes for apply


def _object_shape(schema: Schema, features: Features) -> Shape:
    metadata = type_table(features.minor).struct(_OBJECT_META)
    if not features.typed_custom_resources:
        fields: dict[str, Shape] = {}
        return Struct("", {**fields, "metadata": metadata}, extra=ANYTHING)
    shape = _shape(schema)
    if isinstance(shape, Struct):
        fields = {**shape.fields, "apiVersion": Scalar("s"), "kind": Scalar("s")}
        return Struct("", {**fields, "metadata": metadata}, extra=shape.extra)
    return Struct("", {"metadata": metadata}, extra=ANYTHING)


def _shape(schema: Schema) -> Shape:
    if schema.get(_INT_OR_STRING):
        return Scalar("x")
    kind = schema.get("type")
    if kind == "array":
        return _list_shape(schema)
    if kind in _SCALARS:
        return Scalar(_SCALARS[kind])
    atomic = schema.get("x-kubernetes-map-type") == "atomic"
    if schema.get("properties"):
        fields = {name: _shape(below) for name, below in schema["properties"].items()}
        extra = ANYTHING if schema.get(_PRESERVE) else None
        return Struct("", fields, atomic=atomic, extra=extra)
    additional = schema.get("additionalProperties")
    if isinstance(additional, Mapping) and additional:
        return MapOf(_shape(additional), atomic=atomic)
    return ANYTHING


def _list_shape(schema: Schema) -> ListOf:
    items = schema.get("items") or {}
    kind = schema.get("x-kubernetes-list-type")
    keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    if kind == "map" and keys:
        properties = items.get("properties") or {}
        defaults = {
            key: properties[key]["default"] for key in keys if "default" in properties.get(key, {})
        }
        return ListOf(_shape(items), kind="map", keys=keys, defaults=defaults)
    return ListOf(_shape(items), kind="set" if kind == "set" else "atomic")


# ---- pruning and defaulting


def _pruned(value: Any, schema: Schema, path: str, dropped: list[str], *, top: bool = False) -> Any:
    if isinstance(value, list):
        items = schema.get("items") or {}
        return [
            _pruned(item, items, f"{path}[{position}]", dropped)
            for position, item in enumerate(value)
        ]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    keeps = top or schema.get(_EMBEDDED)
    result = {}
    for name, item in value.items():
        where = f"{path}.{name}" if path else name
        if keeps and name in _TOP:
            result[name] = item
        elif name in properties:
            result[name] = _pruned(item, properties[name], where, dropped)
        elif isinstance(additional, Mapping):
            result[name] = _pruned(item, additional, where, dropped)
        elif additional is True or schema.get(_PRESERVE):
            result[name] = item
        else:
            dropped.append(where)
    return result


def _defaulted(value: Any, schema: Schema) -> Any:
    if isinstance(value, list):
        items = schema.get("items") or {}
        return [_defaulted(item, items) for item in value]
    if not isinstance(value, dict):
        return value
    result = dict(value)
    properties = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    for name, below in properties.items():
        if (name not in result and "default" in below) or (
            result.get(name, 0) is None and "default" in below and not below.get("nullable")
        ):
            result[name] = copy.deepcopy(below["default"])
        if name in result:
            result[name] = _defaulted(result[name], below)
    if isinstance(additional, Mapping):
        for name in result.keys() - properties.keys():
            result[name] = _defaulted(result[name], additional)
    return result


# ---- validation


def _plain(schema: Any, *, top: bool = False) -> Any:
    """The schema in the words of JSON Schema."""
    if not isinstance(schema, Mapping):
        return schema
    result: dict[str, Any] = {}
    for name, value in schema.items():
        if name in ("properties", "patternProperties"):
            result[name] = {key: _plain(below) for key, below in value.items()}
        elif name in ("allOf", "anyOf", "oneOf"):
            result[name] = [_plain(below) for below in value]
        elif name in ("items", "additionalProperties", "not"):
            result[name] = _plain(value)
        elif not name.startswith("x-") and name not in ("default", "example", "nullable", "format"):
            result[name] = value
    _exclusive(result, schema, "exclusiveMinimum", "minimum")
    _exclusive(result, schema, "exclusiveMaximum", "maximum")
    if schema.get(_INT_OR_STRING):
        result["type"] = ["integer", "string"]
    if schema.get("nullable") and isinstance(result.get("type"), str):
        result["type"] = [result["type"], "null"]
    if top:
        result.get("properties", {}).pop("metadata", None)
    return result


def _exclusive(result: dict[str, Any], schema: Schema, flag: str, limit: str) -> None:
    """OpenAPI 3.0 says `exclusiveMinimum: true` beside `minimum`."""
    if flag not in schema:
        return
    result.pop(flag)
    if schema[flag] and limit in schema:
        result[flag] = result.pop(limit)


def _causes(error: Any) -> Iterator[Cause]:
    path = _field(error.instance_path)
    kind = type(error.kind).__name__.removeprefix("ValidationErrorKind_")
    if kind == "Required":
        yield required(f"{path}.{error.kind.property}".lstrip("."))
    elif kind == "Enum":
        yield unsupported(path, error.instance, [str(choice) for choice in error.kind.options])
    elif kind == "Type":
        message = f"{path} in body must be of type {error.kind.types}"
        cause = bad_value(path, error.instance, message)
        yield Cause(reason="FieldValueTypeInvalid", message=cause.message, field=path)
    else:
        yield bad_value(path or "<nil>", error.instance, f"{path} in body {error.message}")


def _field(parts: list[Any]) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def _list_causes(value: Any, schema: Schema, path: str) -> Iterator[Cause]:
    """Sets and list maps hold each item once."""
    if isinstance(value, list):
        shape = _list_shape(schema)
        seen: set[str | None] = set()
        for position, item in enumerate(value):
            where = f"{path}[{position}]"
            if shape.kind != "atomic":
                element = value_element(item) if shape.kind == "set" else key_element(item, shape)
                if element in seen:
                    message = f"Duplicate value: {item}"
                    yield Cause(reason="FieldValueDuplicate", message=message, field=where)
                seen.add(element)
            yield from _list_causes(item, schema.get("items") or {}, where)
    elif isinstance(value, dict):
        properties = schema.get("properties") or {}
        for name, item in value.items():
            if name in properties:
                yield from _list_causes(item, properties[name], f"{path}.{name}".lstrip("."))
