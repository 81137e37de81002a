"""A cycle that starts from what the last one ended with: all its stages at once.

A resident engine plans commit after commit: the base of the next plan is the head of the last one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import is_

from reconciler.cycle.bindings import BoundFleet
from reconciler.cycle.requirements import Requirements
from reconciler.cycle.works import RenderedFleet
from reconciler.model.identity import ObjectKey
from reconciler.model.world import Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What the stages up to rendering made of a fleet."""

    bound: BoundFleet
    needs: Requirements
    placed: dict[ObjectKey, Placed]
    rendered: RenderedFleet


@dataclass(frozen=True, slots=True)
class LastDecided:
    """What the last cycle decided, and from what. `moment` is the time that got written into it,
    `` when none did.
    """

    inputs: tuple[object, ...]
    moment: str
    kept: Decided

    @classmethod
    def of(cls, inputs: tuple[object, ...], decided: Decided, moment: str) -> LastDecided:
        """A copy, since what a cycle decided is completed by it."""
        return cls(inputs, moment, _copied(decided))

    def is_of(self, inputs: tuple[object, ...], now: str) -> bool:
        """Whether a cycle would decide the same."""
        return self.moment in ("", now) and all(map(is_, self.inputs, inputs))

    def decided(self) -> Decided:
        """The same again, to be completed by another cycle."""
        return _copied(self.kept)


def _copied(decided: Decided) -> Decided:
    bound, needs, rendered = decided.bound, decided.needs, decided.rendered
    return Decided(
        bound=replace(
            bound,
            waiting=set(bound.waiting),
            diagnostics=list(bound.diagnostics),
            questions=list(bound.questions),
        ),
        needs=replace(needs, diagnostics=list(needs.diagnostics), questions=list(needs.questions)),
        placed=dict(decided.placed),
        rendered=replace(
            rendered,
            objects=dict(rendered.objects),
            untouched=set(rendered.untouched),
            diagnostics=list(rendered.diagnostics),
            questions=list(rendered.questions),
        ),
    )
