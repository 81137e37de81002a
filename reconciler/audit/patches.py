"""What each operation of each override rule changed, by carrying them out again on the template.

Values that an operation finds are those of the object as the operations before left it; replicas
and marks of ours, which come before overrides, are taken from the rendered object where no
operation touches them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

import jsonpatch
from jsonpointer import JsonPointerException

from reconciler.audit.explanation import Operation, OverrideStep
from reconciler.model.diagnostic import Position
from reconciler.model.identity import ObjectKey
from reconciler.model.pointers import ABSENT, Mask, Pointer, at, pointer_of
from reconciler.model.policy import OverridePolicy, PolicyRef
from reconciler.model.work import AppliedOverride


def override_steps(
    key: ObjectKey,
    start: dict[str, Any],
    applied: Iterable[AppliedOverride],
    policies: dict[PolicyRef, OverridePolicy],
    mask: Mask,
) -> Iterator[tuple[OverrideStep, tuple[tuple[Pointer, Any], ...]]]:
    """Each rule with its operations, and the pointers it set to unmasked values."""
    body = copy.deepcopy(start)
    for one in applied:
        operations, writes = [], []
        for raw in one.patch:
            pointer = pointer_of(raw["path"], body)
            before = at(body, pointer)
            body = _applied(body, raw)
            # An insertion into a list has no value before it.
            is_new = raw["op"] == "add" and isinstance(pointer[-1] if pointer else "", int)
            after = at(body, pointer) if raw["op"] != "remove" else ABSENT
            operations.append(
                Operation(
                    op=raw["op"],
                    path=raw["path"],
                    before=None if is_new else _masked(mask, key, pointer, before),
                    after=_masked(mask, key, pointer, after),
                )
            )
            writes.append((pointer, after))
        step = OverrideStep(
            policy=one.policy,
            rule=one.rule + 1,
            position=rule_position(policies.get(one.policy), one.rule),
            operations=tuple(operations),
        )
        yield step, tuple(writes)


def rule_position(policy: OverridePolicy | None, rule: int) -> Position:
    """Where a rule of a policy stands; the policy's own place where the rule has none."""
    if policy is None:
        return Position()
    own = policy.rules[rule].position if rule < len(policy.rules) else Position()
    return own if own.path else policy.position


def _applied(body: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """The body after an operation that is known to have applied; as it was where it cannot be
    repeated on the template alone.
    """
    try:
        result = jsonpatch.apply_patch(body, [operation])
    except (jsonpatch.JsonPatchException, JsonPointerException, TypeError, ValueError):
        return body
    return result if isinstance(result, dict) else body


def _masked(mask: Mask, key: ObjectKey, pointer: Pointer, value: Any) -> Any:
    return None if value is ABSENT else mask(key, pointer, value)
