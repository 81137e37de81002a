"""plaintext: one JSON patch operation, written out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.overriders.overrider import Body, Operation, Operator, Overrider, operation


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainRule:
    """An absent value is null."""

    operator: Operator
    path: str
    value: Any


def decode(raw: Mapping[str, Any]) -> PlainRule:
    """One element of `plaintext`."""
    return PlainRule(
        operator=Operator(raw["operator"]), path=raw.get("path") or "", value=raw.get("value")
    )


def operations(body: Body, rule: PlainRule) -> list[Operation]:  # noqa: ARG001 - needs no look at it
    """The operation itself."""
    return [operation(rule.operator, rule.path, rule.value)]


OVERRIDER = Overrider(field="plaintext", decode=decode, operations=operations)
