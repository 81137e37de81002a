"""argsOverrider: append to or remove from a container's arguments."""

from __future__ import annotations

from reconciler.overriders.command import WordsRule, decode, word_operations
from reconciler.overriders.overrider import Body, Operation, Overrider


def operations(body: Body, rule: WordsRule) -> list[Operation]:
    """What the rule comes to."""
    return word_operations("args", body, rule)


OVERRIDER = Overrider(field="argsOverrider", decode=decode, operations=operations)
