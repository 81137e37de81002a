"""What every overrider has in common: a field name, a decoder, and the JSON patch its rule amounts
to.

Strategy: an overrider never touches a manifest. It looks at the body and says which RFC 6902
operations its rule comes to; `patch.py` alone carries operations out, strictly. So one set of
budgets guards all of them and `explain` can show what each rule did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

#: One RFC 6902 operation: `{"op": "add", "path": "/metadata/labels/tier", "value": "edge"}`.
Operation = dict[str, Any]
Body = dict[str, Any]


class Operator(StrEnum):
    """What a rule does with its value; the names are RFC 6902's."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


class OverrideFailed(Exception):  # noqa: N818 - a verdict on one cluster's rendering, not a defect
    """A rule cannot be applied to this body: the Work of this cluster does not come about.

    The text is a full clause and never quotes a value of the manifest.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrider:
    """One row of the catalogue.

    `decode` reads one element of the wire list under `field`; `operations` says what that rule
    comes to for a body, and raises `OverrideFailed` where it cannot be.
    """

    field: str
    decode: Callable[[Mapping[str, Any]], Any]
    operations: Callable[[Body, Any], list[Operation]]


def operation(operator: Operator, path: str, value: Any = None) -> Operation:
    """One operation; `remove` carries no value."""
    if operator is Operator.REMOVE:
        return {"op": operator.value, "path": path}
    return {"op": operator.value, "path": path, "value": value}
