"""commandOverrider: append to or remove from a container's command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.overriders.overrider import (
    Body,
    Operation,
    Operator,
    OverrideFailed,
    Overrider,
    operation,
)
from reconciler.overriders.pod_containers import containers


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsRule:
    """`words` are appended, or every element equal to one of them is removed."""

    container: str
    operator: Operator
    words: tuple[str, ...]


def decode(raw: Mapping[str, Any]) -> WordsRule:
    """One element of `commandOverrider` or `argsOverrider`."""
    return WordsRule(
        container=raw.get("containerName") or "",
        operator=Operator(raw["operator"]),
        words=tuple(raw.get("value") or ()),
    )


def word_operations(target: str, body: Body, rule: WordsRule) -> list[Operation]:
    """What a rule on the list `target` of the named container comes to.

    A container without the list gets one, empty when the rule only removes (Karmada:
    commandargsoverride.go).
    """
    return [
        _operation(f"{path}/{target}", container.get(target), rule)
        for path, container in containers(body)
        if container.get("name") == rule.container
    ]


def _operation(path: str, current: Any, rule: WordsRule) -> Operation:
    if current is None:
        return operation(Operator.ADD, path, _changed([], rule))
    if not isinstance(current, list) or not all(isinstance(word, str) for word in current):
        raise OverrideFailed(f"{path} is not a list of strings")
    return operation(Operator.REPLACE, path, _changed(current, rule))


def _changed(words: list[str], rule: WordsRule) -> list[str]:
    match rule.operator:
        case Operator.ADD:
            return [*words, *rule.words]
        case Operator.REMOVE:
            return [word for word in words if word not in rule.words]
        case Operator.REPLACE:
            return words


def operations(body: Body, rule: WordsRule) -> list[Operation]:
    """What the rule comes to."""
    return word_operations("command", body, rule)


OVERRIDER = Overrider(field="commandOverrider", decode=decode, operations=operations)
