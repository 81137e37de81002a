"""What a comparison found unchanged, remembered until either side is another one.

A Work is known by its body's digest and its stamp, an observed object by uid and resourceVersion:
both equal means that the answer is. Memory is only speed; without it the answer is the same.
"""

from __future__ import annotations

from typing import Any

from reconciler.diff.compare import compare
from reconciler.diff.context import Context
from reconciler.model.change import Action, Change
from reconciler.model.identity import ObjectKey
from reconciler.model.work import Work

_Token = tuple[str, str, str, str, str, str, str]


class Comparisons:
    """The unchanged objects of all members. A context with other rules forgets its member's."""

    __slots__ = ("_rules", "_unchanged")

    def __init__(self) -> None:
        self._rules: dict[str, tuple[Any, ...]] = {}
        self._unchanged: dict[str, dict[ObjectKey, tuple[_Token, Change]]] = {}

    def compare(
        self,
        desired: Work | None,
        observed: dict[str, Any] | None,
        context: Context,
        *,
        base: Work | None = None,
    ) -> Change:
        """As `compare`; an object found unchanged before costs a look-up."""
        if desired is None or observed is None:
            return compare(desired, observed, context, base=base)
        token = _token(desired, observed)
        known = self._of(context)
        found = known.get(desired.key)
        if found is not None and found[0] == token:
            return found[1]
        change = compare(desired, observed, context, base=base)
        if change.action is Action.UNCHANGED and not change.reason and token[-1]:
            known[desired.key] = (token, change)
        else:
            known.pop(desired.key, None)
        return change

    def _of(self, context: Context) -> dict[ObjectKey, tuple[_Token, Change]]:
        rules = (context.fleet_id, context.adopt, context.ignore_differences, context.retain)
        if self._rules.get(context.cluster) != rules:
            self._rules[context.cluster] = rules
            self._unchanged[context.cluster] = {}
        return self._unchanged[context.cluster]


def _token(desired: Work, observed: dict[str, Any]) -> _Token:
    metadata = observed.get("metadata") or {}
    return (
        desired.body.digest,
        desired.namespace,
        desired.work_id,
        desired.api_version,
        desired.conflict_resolution,
        str(metadata.get("uid") or ""),
        str(metadata.get("resourceVersion") or ""),
    )
