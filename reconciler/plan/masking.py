"""Secrets of a plan, numbered in the order of its changes: an equal value has an equal number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.change import Change, Edit
from reconciler.model.mask import MaskNumbers


def numbered(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes with a text for every mask in their edits."""
    numbers = MaskNumbers()
    known: dict[int, tuple[Edit, ...]] = {}
    return tuple(
        replace(change, edits=_shared(change.edits, known, numbers))
        if any(edit.is_sensitive for edit in change.edits)
        else change
        for change in changes
    )


def numbered_edits(edits: Iterable[Edit], numbers: MaskNumbers) -> tuple[Edit, ...]:
    """Edits with a text for every mask."""
    return tuple(
        replace(edit, before=numbers.shown(edit.before), after=numbers.shown(edit.after))
        if edit.is_sensitive
        else edit
        for edit in edits
    )


def _shared(
    edits: tuple[Edit, ...], known: dict[int, tuple[Edit, ...]], numbers: MaskNumbers
) -> tuple[Edit, ...]:
    """Clusters with the same change share its edits, and go on sharing them."""
    found = known.get(id(edits))
    if found is None:
        found = known[id(edits)] = numbered_edits(edits, numbers)
    return found
