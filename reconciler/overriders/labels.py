"""labelsOverrider: add, replace or remove labels of the rendered manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.overriders.overrider import Body, Operation, Operator, Overrider, operation


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesRule:
    """Entries of a string map; for `remove` only the keys count."""

    operator: Operator
    entries: tuple[tuple[str, str], ...]


def decode(raw: Mapping[str, Any]) -> EntriesRule:
    """One element of `labelsOverrider` or `annotationsOverrider`."""
    return EntriesRule(
        operator=Operator(raw["operator"]), entries=tuple(sorted((raw.get("value") or {}).items()))
    )


def entry_operations(target: str, body: Body, rule: EntriesRule) -> list[Operation]:
    """What a rule on the map `metadata.<target>` comes to.

    `add` creates the map, also in the place of one that holds anything but strings; `replace` and
    `remove` leave keys alone that are not there (Karmada: labelannotationoverrider.go).
    """
    current = _string_map(body, target)
    path = f"/metadata/{target}"
    if rule.operator is not Operator.ADD:
        return [
            operation(rule.operator, f"{path}/{escaped(key)}", value)
            for key, value in rule.entries
            if current is not None and key in current
        ]
    additions = [
        operation(rule.operator, f"{path}/{escaped(key)}", value) for key, value in rule.entries
    ]
    if current is None and additions:
        return [operation(Operator.ADD, path, {}), *additions]
    return additions


def escaped(key: str) -> str:
    """A key as a segment of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def _string_map(body: Body, target: str) -> dict[str, str] | None:
    """The map, None when it is absent or not a map of strings."""
    metadata = body.get("metadata")
    entries = metadata.get(target) if isinstance(metadata, dict) else None
    if isinstance(entries, dict) and all(isinstance(value, str) for value in entries.values()):
        return entries
    return None


def operations(body: Body, rule: EntriesRule) -> list[Operation]:
    """What the rule comes to."""
    return entry_operations("labels", body, rule)


OVERRIDER = Overrider(field="labelsOverrider", decode=decode, operations=operations)
