"""From what a script returned to what the reference would make of it.

Lua has one empty table and JSON has two. As Karmada does, an empty table becomes `{}` or `[]` where
one of the inputs holds that at the same path (list positions do not count), and vanishes elsewhere.

Rules: Karmada `luavm/lua_convert.go`, karmada-semantics §2.17.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from reconciler.interpret.errors import InterpretError
from reconciler.interpret.lua.machine import Result
from reconciler.model.quantity import Quantity

LARGEST_INT32: Final = 2**31 - 1
REFERENCE_TEXTS: Final = ("apiVersion", "kind", "namespace", "name")
ALWAYS_WRITTEN: Final = frozenset({"apiVersion", "kind"})

Path = tuple[str, ...]
Empties = dict[Path, Any]


class _Absent:
    """What an unknown empty table becomes."""


ABSENT: Final = _Absent()


def decoded_table(result: Result, what: str, references: tuple[Any, ...] = ()) -> Any:
    """The JSON value of a table, its empty tables restored; raises where it is no table."""
    if result.kind != "table":
        raise InterpretError(f"{what}: a table is expected, the script returned {result.kind}")
    try:
        value = orjson.loads(result.value)
    except orjson.JSONDecodeError as problem:
        raise InterpretError(f"{what}: {problem}") from problem
    if "[]" not in result.value or value == []:
        return value
    empties: Empties = {}
    for reference in references:
        collect_empties(reference, (), empties)
    return restored(value, (), empties)


def collect_empties(value: Any, path: Path, empties: Empties) -> None:
    """Note each empty list and map below `value`; an empty list wins over an empty map."""
    children = value.items() if isinstance(value, dict) else ((None, child) for child in value)
    for name, child in children:
        if not isinstance(child, dict | list):
            continue
        below = path if name is None else (*path, name)
        if child:
            collect_empties(child, below, empties)
        elif isinstance(child, list):
            empties[below] = []
        else:
            empties.setdefault(below, {})


def restored(value: Any, path: Path, empties: Empties) -> Any:
    """The value with each `[]` replaced by what the inputs hold there, or left out."""
    if isinstance(value, dict):
        children = {
            name: restored_child(each, (*path, name), empties) for name, each in value.items()
        }
        return {name: child for name, child in children.items() if child is not ABSENT}
    elements = [restored_child(each, path, empties) for each in value]
    return [element for element in elements if element is not ABSENT]


def restored_child(value: Any, path: Path, empties: Empties) -> Any:
    """One child: scalars as they are, an empty table restored, the rest descended into."""
    if not isinstance(value, dict | list):
        return value
    if value == []:
        empty = empties.get(path, ABSENT)
        return empty if empty is ABSENT else type(empty)()
    return restored(value, path, empties)


def decoded_object(result: Result, what: str, references: tuple[Any, ...] = ()) -> dict[str, Any]:
    """A Kubernetes object: a map with a kind."""
    value = decoded_map(result, what, references)
    if not isinstance(value.get("kind"), str) or not value["kind"]:
        raise InterpretError(f"{what}: the returned object has no kind")
    return value


def decoded_map(result: Result, what: str, references: tuple[Any, ...] = ()) -> dict[str, Any]:
    """A map; the empty table at the top is one."""
    value = decoded_table(result, what, references)
    if value == []:
        return {}
    if not isinstance(value, dict):
        raise InterpretError(f"{what}: a map is expected, the script returned a list")
    return value


def decoded_list(result: Result, what: str) -> list[Any]:
    """A list of maps."""
    value = decoded_table(result, what)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise InterpretError(f"{what}: a list of maps is expected")
    return value


def decoded_count(result: Result, what: str) -> int:
    """A replica count; a fraction is cut off, as Go's conversion does."""
    if result.kind != "number":
        raise InterpretError(f"{what}: a number is expected, the script returned {result.kind}")
    return whole(result.value, what)


def decoded_bool(result: Result, what: str) -> bool:
    """A truth value, and nothing that merely counts as one in Lua."""
    if result.kind != "boolean":
        raise InterpretError(f"{what}: a boolean is expected, the script returned {result.kind}")
    return bool(result.value)


def decoded_requirements(result: Result, what: str) -> dict[str, Any] | None:
    """ReplicaRequirements, nil for none."""
    if result.kind == "nil":
        return None
    return requirements(decoded_map(result, what), what)


def requirements(raw: dict[str, Any], what: str) -> dict[str, Any]:
    """ReplicaRequirements in wire form: known fields, canonical amounts, nothing empty."""
    asked = map_at(raw, "resourceRequest", what)
    document = {
        "nodeClaim": node_claim(map_at(raw, "nodeClaim", what), what),
        "resourceRequest": {name: amount(value, what) for name, value in asked.items()},
        "namespace": text_at(raw, "namespace", what),
        "priorityClassName": text_at(raw, "priorityClassName", what),
    }
    # A node claim that is present but empty stays, as a Go pointer does.
    return {
        name: value
        for name, value in document.items()
        if value or (name == "nodeClaim" and isinstance(raw.get(name), dict))
    }


def node_claim(raw: dict[str, Any], what: str) -> dict[str, Any]:
    """NodeClaim in wire form; what Kubernetes' types do not know vanishes."""
    claim: dict[str, Any] = {}
    if raw.get("hardNodeAffinity") is not None:
        affinity = map_at(raw, "hardNodeAffinity", what)
        terms = [
            {name: known_fields(term, name, REQUIREMENT_FIELDS, what) for name in term}
            for term in known_fields(affinity, "nodeSelectorTerms", TERM_FIELDS, what)
        ]
        claim["hardNodeAffinity"] = {"nodeSelectorTerms": terms}
    if raw.get("nodeSelector"):
        claim["nodeSelector"] = map_at(raw, "nodeSelector", what)
    if raw.get("tolerations"):
        claim["tolerations"] = known_fields(raw, "tolerations", TOLERATION_FIELDS, what)
    return claim


def known_fields(
    raw: dict[str, Any], name: str, fields: tuple[str, ...], what: str
) -> list[dict[str, Any]]:
    """The maps of a list, each with its known fields that are not empty."""
    value = raw.get(name) or []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise InterpretError(f"{what}: {name} has to be a list of maps")
    return [
        {
            field: one[field]
            for field in fields
            if one.get(field) or (field == "tolerationSeconds" and one.get(field) is not None)
        }
        for one in value
    ]


TERM_FIELDS: Final = ("matchExpressions", "matchFields")
REQUIREMENT_FIELDS: Final = ("key", "operator", "values")
TOLERATION_FIELDS: Final = ("key", "operator", "value", "effect", "tolerationSeconds")


def component(raw: dict[str, Any], what: str) -> dict[str, Any]:
    """Component in wire form."""
    document: dict[str, Any] = {
        "name": text_at(raw, "name", what),
        "replicas": exact_whole(raw.get("replicas"), what),
    }
    if raw.get("replicaRequirements") is not None:
        document["replicaRequirements"] = requirements(
            map_at(raw, "replicaRequirements", what), what
        )
    return document


def dependency(raw: dict[str, Any], what: str) -> dict[str, Any]:
    """DependentObjectReference in wire form."""
    texts = {name: text_at(raw, name, what) for name in REFERENCE_TEXTS}
    document: dict[str, Any] = {
        name: text for name, text in texts.items() if text or name in ALWAYS_WRITTEN
    }
    if raw.get("labelSelector") is not None:
        document["labelSelector"] = map_at(raw, "labelSelector", what)
    return document


def map_at(raw: dict[str, Any], name: str, what: str) -> dict[str, Any]:
    """The map in a field, empty when absent."""
    value = raw.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InterpretError(f"{what}: {name} has to be a map")
    return value


def text_at(raw: dict[str, Any], name: str, what: str) -> str:
    """The text in a field, empty when absent."""
    value = raw.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InterpretError(f"{what}: {name} has to be a text")
    return value


def amount(value: Any, what: str) -> str:
    """Canonical text of a quantity."""
    try:
        return str(Quantity.parse(value))
    except ValueError as problem:
        raise InterpretError(f"{what}: {problem}") from problem


def exact_whole(value: Any, what: str) -> int:
    """A whole number in a decoded document, 0 when absent."""
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise InterpretError(f"{what}: replicas has to be a whole number")
    return whole(value, what)


def whole(value: float, what: str) -> int:
    """A number as an int32, cut towards zero."""
    if not -LARGEST_INT32 - 1 <= value <= LARGEST_INT32:
        raise InterpretError(f"{what}: {value} is no 32-bit number")
    return int(value)
