"""Fields that the member keeps: what a kind retains, and what the fleet ignores.

A retained field is sent with its observed value, or it would be reset; it is left out only once
another manager owns it (design §6). `ignoreDifferences` of the FleetConfig are retained fields too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.diff import managed
from reconciler.diff.managed import Tree
from reconciler.diff.steps import Item, Path, Step
from reconciler.diff.walk import ABSENT, EVERYTHING, differences
from reconciler.model.config import IgnoreRule
from reconciler.model.identity import ObjectKey

_UNTOUCHABLE: Final = frozenset({"apiVersion", "kind"})
_IDENTITY: Final = frozenset({("metadata", "name"), ("metadata", "namespace")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """`wanted` holds observed values where the member decides; `payload` is what of it is sent."""

    wanted: Mapping[str, Any]
    payload: Mapping[str, Any]


def retained(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    observed: Mapping[str, Any],
    *,
    is_built_in: bool,
) -> Retained:
    """What to want and what to send when retention made `after` of the desired `before`."""
    if after is before or after == before:
        return Retained(wanted=before, payload=before)
    others = managed.trees_of_others(observed)
    payload: Any = after
    for difference in differences(after, before, EVERYTHING, is_built_in=is_built_in):
        path = difference.path
        if difference.desired is not ABSENT and any(managed.owns(tree, path) for tree in others):
            payload = without(payload, path)
    return Retained(wanted=after, payload=payload)


def ignored(
    desired: dict[str, Any],
    observed: Mapping[str, Any],
    rules: Sequence[IgnoreRule],
    key: ObjectKey,
) -> dict[str, Any]:
    """The desired manifest with observed values at the paths that the fleet ignores."""
    result = desired
    for rule in rules:
        if not names(rule, key):
            continue
        for pointer in rule.paths:
            result = _taken_over(result, observed, _steps_of_pointer(pointer))
        for tree in managed.trees_of_others(observed, rule.managers) if rule.managers else ():
            for path in _leaves(tree):
                result = _taken_over(result, observed, path)
    return result


def names(rule: IgnoreRule, key: ObjectKey) -> bool:
    """Whether a rule is about this object; empty fields match everything."""
    return (
        rule.kind in {"", "*", key.kind}
        and rule.group in {"", "*", key.group}
        and rule.namespace in {"", "*", key.namespace}
        and rule.name in {"", "*", key.name}
    )


def at(value: Any, path: Path) -> Any:
    """The value at a path, ABSENT where a step leads nowhere."""
    for step in path:
        value = _below(value, step)
        if value is ABSENT:
            return ABSENT
    return value


def without(value: Any, path: Path) -> Any:
    """A copy of the value without what stands at the path; the rest is shared."""
    return replaced(value, path, ABSENT)


def replaced(value: Any, path: Path, new: Any) -> Any:
    """A copy of the value with `new` at the path (ABSENT takes it out); other parts are shared.

    Steps that lead nowhere change nothing, but for a last field, which is added.
    """
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(step, str):
        return _replaced_field(value, step, rest, new)
    if isinstance(value, list):
        return _replaced_item(value, step, rest, new)
    return value


def _replaced_field(value: dict[str, Any], step: str, rest: Path, new: Any) -> dict[str, Any]:
    if rest:
        if step not in value:
            return value
        return {**value, step: replaced(value[step], rest, new)}
    kept = {name: below for name, below in value.items() if name != step}
    return kept if new is ABSENT else {**value, step: new}


def _replaced_item(value: list[Any], step: Step, rest: Path, new: Any) -> list[Any]:
    index = _index(value, step)
    if index is None:
        return value
    below = replaced(value[index], rest, new) if rest else new
    return [*value[:index], *([] if below is ABSENT else [below]), *value[index + 1 :]]


def _taken_over(desired: dict[str, Any], observed: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The desired manifest with the observed value at one path, or without the path."""
    if (
        not path
        or path[0] in _UNTOUCHABLE
        or path[:2] in {("metadata", "name"), ("metadata", "namespace")}
    ):
        return desired
    wanted = at(desired, path)
    if wanted is ABSENT:
        # Not ours to send: what is there stays there.
        return desired
    there = at(observed, path)
    result: dict[str, Any] = replaced(desired, path, there)
    return result


def _below(value: Any, step: Step) -> Any:
    if isinstance(value, dict):
        return value.get(step, ABSENT) if isinstance(step, str) else ABSENT
    if isinstance(value, list):
        index = _index(value, step)
        return ABSENT if index is None else value[index]
    return ABSENT


def _index(items: list[Any], step: Step) -> int | None:
    """Where a step leads inside a list."""
    if isinstance(step, Item):
        for index, item in enumerate(items):
            if isinstance(item, dict) and managed.is_key_of(step.pairs, item):
                return index
        return None
    if isinstance(step, str):
        if not (step.isascii() and step.isdigit()):
            return None
        step = int(step)
    if isinstance(step, int):
        return step if step < len(items) else None
    return items.index(step.value) if step.value in items else None


def _steps_of_pointer(pointer: str) -> Path:
    """The steps of a JSON pointer; nothing for a text that is none."""
    if not pointer.startswith("/"):
        return ()
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))


def _leaves(tree: Tree, path: Path = ()) -> Iterator[Path]:
    """The paths a manager owns, each as far as its tree goes."""
    for name, below in tree.items():
        step = _step(name)
        if step is None:
            continue
        if isinstance(below, dict) and any(inner != "." for inner in below):
            yield from _leaves(below, (*path, step))
        else:
            yield (*path, step)


def _step(name: str) -> Step | None:
    if name.startswith("f:"):
        return name[2:]
    if name.startswith("k:"):
        keys = managed.keys_of(name)
        return Item(tuple(key for key, _ in keys), tuple(value for _, value in keys))
    return None
