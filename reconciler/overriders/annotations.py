"""annotationsOverrider: add, replace or remove annotations of the rendered manifest."""

from __future__ import annotations

from reconciler.overriders.labels import EntriesRule, decode, entry_operations
from reconciler.overriders.overrider import Body, Operation, Overrider


def operations(body: Body, rule: EntriesRule) -> list[Operation]:
    """What the rule comes to."""
    return entry_operations("annotations", body, rule)


OVERRIDER = Overrider(field="annotationsOverrider", decode=decode, operations=operations)
