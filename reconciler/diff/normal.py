"""What the API server makes of a value: equal though written differently, absent though sent.

Rules: quantities are equal by amount; stringData becomes data; null is absent; an empty or
zero value may be dropped; a few fields inside atomic values are filled in.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from reconciler.diff.lists import is_built_in, with_key_defaults
from reconciler.diff.steps import Path
from reconciler.model.quantity import Quantity

#: Maps of built-in kinds whose values are quantities.
QUANTITY_MAPS: Final = frozenset(
    {
        "allocatable",
        "capacity",
        "default",
        "defaultRequest",
        "hard",
        "limits",
        "max",
        "maxLimitRequestRatio",
        "min",
        "overhead",
        "podFixed",
        "requests",
        "used",
    }
)
#: Fields of built-in kinds that are quantities.
QUANTITY_FIELDS: Final = frozenset(
    {
        "averageValue",
        "divisor",
        "maximumVolumeSize",
        "sizeLimit",
        "targetAverageValue",
        "targetValue",
    }
)
#: Below these stands text of people, or a schema: nothing there is a quantity.
TEXT_FIELDS: Final = frozenset(
    {"annotations", "data", "labels", "openAPIV3Schema", "parameters", "stringData"}
)
#: What the server fills into atomic values of built-in kinds: field -> the value, None for any.
FILLED_IN: Final[Mapping[str, Any]] = {
    "apiVersion": "v1",
    "conditions": None,
    "creationTimestamp": None,
    "default": None,
    "defaultRequest": None,
    "divisor": "0",
    "expirationSeconds": 3600,
    "kind": "PersistentVolumeClaim",
    "protocol": "TCP",
    "scope": "*",
    "volumeMode": "Filesystem",
}
#: Filled in, with a value that depends on the item.
API_GROUPS: Final = ("", "rbac.authorization.k8s.io")
#: Fields whose empty map says something: leaving them out means another thing.
TELLING_WHEN_EMPTY: Final = frozenset(
    {"emptyDir", "podSelector", "namespaceSelector", "labelSelector", "status", "scale"}
)
_QUANTITY_PARENTS: Final = frozenset((name,) for name in QUANTITY_MAPS)
_EMPTY: Final[tuple[Any, ...]] = ({}, [])
#: What belongs to the server, wherever it was written.
SERVER_FIELDS: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)


def sendable(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest as it may be sent: no nulls, nothing of the server's, stringData as data.

    Older servers refuse applies that leave a list's key field to its default, or that write a
    quantity as a number: both are spelled out.
    """
    is_known = is_built_in(str(manifest.get("apiVersion", "")))
    body = {
        name: _sent(value, name, "", is_plain=not is_known or name in TEXT_FIELDS)
        for name, value in manifest.items()
        if value is not None and name != "status"
    }
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        body["metadata"] = {k: v for k, v in metadata.items() if k not in SERVER_FIELDS}
    return with_encoded_secret(body) if is_secret(body) else body


def _sent(value: Any, name: str, parent: str, *, is_plain: bool) -> Any:
    """The value of a field without null fields; a null item of a list stays, for its place counts.

    `is_plain`: nothing below is a quantity or a keyed list.
    """
    if value.__class__ is str:
        return value
    if isinstance(value, dict):
        return {
            inner: _sent(below, inner, name, is_plain=is_plain or inner in TEXT_FIELDS)
            for inner, below in value.items()
            if below is not None
        }
    if isinstance(value, list):
        items = [_sent(item, name, parent, is_plain=is_plain) for item in value]
        return items if is_plain else with_key_defaults(name, items)
    if is_plain or isinstance(value, bool) or not is_quantity_field((parent, name)):
        return value
    return _quantity_text(value)


def _quantity_text(number: Any) -> Any:
    """The quantity as text; what is none stays, for the server to refuse."""
    try:
        return str(Quantity.parse(number))
    except ValueError:
        return number


def is_secret(manifest: Mapping[str, Any]) -> bool:
    """Whether this is a Secret of the core group."""
    return manifest.get("kind") == "Secret" and manifest.get("apiVersion") == "v1"


def with_encoded_secret(body: dict[str, Any]) -> dict[str, Any]:
    """A Secret whose stringData went into data, as the server does it: stringData wins, and line
    breaks inside base64 do not count.
    """
    data = body.get("data")
    texts = body.pop("stringData", None)
    if isinstance(data, dict):
        body["data"] = {key: _unbroken(text) for key, text in data.items()}
    if isinstance(texts, dict) and texts and (data is None or isinstance(data, dict)):
        encoded = {key: _base64(str(text)) for key, text in texts.items()}
        body["data"] = {**(body.get("data") or {}), **encoded}
    return body


def _unbroken(text: Any) -> Any:
    return "".join(text.split("\n")).replace("\r", "") if isinstance(text, str) else text


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


def is_same_scalar(path: Path, desired: Any, observed: Any, *, is_built_in: bool) -> bool:
    """Whether two values that are neither maps nor lists mean the same to the server."""
    if desired == observed and isinstance(desired, bool) == isinstance(observed, bool):
        return True
    if not is_built_in:
        return False
    return is_quantity_field(path) and is_same_quantity(desired, observed)


def is_quantity_field(path: Path) -> bool:
    """Whether a path of a built-in kind leads to a quantity."""
    if any(step in TEXT_FIELDS for step in path if isinstance(step, str)):
        return False
    return (
        path[-1] in QUANTITY_FIELDS
        or path[-2:-1] in _QUANTITY_PARENTS
        or path[-2:] == ("target", "value")
    )


def is_same_quantity(desired: Any, observed: Any) -> bool:
    """Whether both are quantities of the same amount: `1000m` and `1`, `1` and `"1"`."""
    try:
        return Quantity.parse(desired) == Quantity.parse(observed)
    except ValueError:
        return False


def is_dropped_by_server(field: Any, value: Any, *, is_built_in: bool) -> bool:
    """Whether a value that was sent may be absent in the answer: empty or zero."""
    if value in _EMPTY:
        return field not in TELLING_WHEN_EMPTY
    return is_built_in and (value is False or value == "" or (value == 0 and value is not False))


def is_filled_in(field: str, value: Any) -> bool:
    """Whether the server may have put this field into an atomic value of a built-in kind."""
    if not value:
        return True
    if field == "apiGroup":
        return value in API_GROUPS
    if field == "status":
        return isinstance(value, dict) or value == "True"
    if field not in FILLED_IN:
        return False
    expected = FILLED_IN[field]
    return expected is None or expected == value
