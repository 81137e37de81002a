"""The overriders in the order in which they are applied, and the two ways in.

The order is Karmada's; within one rule it decides who wins (karmada-semantics §2.12).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from reconciler.model.identity import split_api_version
from reconciler.model.policy import OverrideUse
from reconciler.overriders.annotations import OVERRIDER as ANNOTATIONS
from reconciler.overriders.args import OVERRIDER as ARGS
from reconciler.overriders.command import OVERRIDER as COMMAND
from reconciler.overriders.field import OVERRIDER as FIELD
from reconciler.overriders.image import OVERRIDER as IMAGE
from reconciler.overriders.labels import OVERRIDER as LABELS
from reconciler.overriders.overrider import Body, Operation, OverrideFailed, Overrider
from reconciler.overriders.patch import MAX_OPERATIONS, patched
from reconciler.overriders.plaintext import OVERRIDER as PLAINTEXT

OVERRIDERS: Final[tuple[Overrider, ...]] = (
    IMAGE,
    COMMAND,
    ARGS,
    LABELS,
    ANNOTATIONS,
    FIELD,
    PLAINTEXT,
)
_BY_FIELD: Final = {one.field: one for one in OVERRIDERS}

#: Bytes of JSON that an overridden object may have; an API server takes 3 MiB in one request.
MAX_RESULT_BYTES: Final = 3 * 1024 * 1024


def decode_overriders(raw: Mapping[str, Any]) -> tuple[OverrideUse, ...]:
    """The wire form of `overriders`, of a validated shape, as uses in the order of application.

    Raises `ValueError` or `KeyError` for an operator or component that does not exist.
    """
    return tuple(
        OverrideUse(field=overrider.field, rule=overrider.decode(element))
        for overrider in OVERRIDERS
        for element in raw.get(overrider.field) or ()
    )


def apply(body: Body, uses: Iterable[OverrideUse]) -> tuple[Body, tuple[Operation, ...]]:
    """The body after all uses, and the JSON patch they came to.

    The given body is left as it is and shares unchanged parts with the result. Raises
    `OverrideFailed` when a use does not apply, a budget is passed, or the object would become
    another one.
    """
    result = body
    done: list[Operation] = []
    for use in uses:
        operations = _BY_FIELD[use.field].operations(result, use.rule)
        if len(done) + len(operations) > MAX_OPERATIONS:
            raise OverrideFailed(f"the overrides come to more than {MAX_OPERATIONS} operations")
        result = patched(result, operations)
        done += operations
    if done:
        _check_result(body, result)
    return result, tuple(done)


def _check_result(before: Body, after: Any) -> None:
    if not isinstance(after, dict) or _identity(before) != _identity(after):
        raise OverrideFailed("the override changes the identity of the object")
    try:
        size = len(orjson.dumps(after))
    except orjson.JSONEncodeError as problem:
        raise OverrideFailed("the overridden object cannot be written as JSON") from problem
    if size > MAX_RESULT_BYTES:
        raise OverrideFailed(f"the overridden object is larger than {MAX_RESULT_BYTES} bytes")


def _identity(body: Body) -> tuple[Any, ...]:
    """Group, kind, namespace and name; the version may change."""
    metadata = body.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    group, _ = split_api_version(str(body.get("apiVersion") or ""))
    return group, body.get("kind"), metadata.get("namespace"), metadata.get("name")
