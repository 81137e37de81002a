"""Duplicated: every cluster gets all replicas."""

from __future__ import annotations

from reconciler.schedule.framework import Division, Strategy
from reconciler.schedule.request import Share


def divide(share: Share) -> dict[str, int]:
    """Karmada: assignByDuplicatedStrategy."""
    return {one.name: share.replicas for one in share.candidates}


DIVISION = Division(
    name="Duplicated", strategy=Strategy.DUPLICATED, divide=divide, weighs_room=False
)
