"""Differences as people read them: paths in words, secrets masked, immutable fields marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.diff.immutable import is_immutable
from reconciler.diff.normal import is_secret
from reconciler.diff.redact import SecretValues, is_secret_path, masked
from reconciler.diff.steps import shown
from reconciler.diff.walk import ABSENT, Difference
from reconciler.model.change import Edit
from reconciler.model.identity import ObjectKey


def edits_of(
    found: Iterable[Difference],
    key: ObjectKey,
    sides: tuple[Mapping[str, Any], Mapping[str, Any]],
    secrets: SecretValues,
) -> tuple[Edit, ...]:
    """The edits in the order of their paths; `sides` are the object before and after."""
    observed, _ = sides
    is_of_secret = is_secret(observed)
    known = secrets | SecretValues.of(sides) if is_of_secret else secrets
    named = sorted(((shown(one.path), one) for one in found), key=lambda pair: pair[0])
    return tuple(
        _edit(path, one, key, observed, known, is_of_secret=is_of_secret) for path, one in named
    )


def _edit(
    path: str,
    one: Difference,
    key: ObjectKey,
    observed: Mapping[str, Any],
    secrets: SecretValues,
    *,
    is_of_secret: bool,
) -> Edit:
    is_secret_place = is_secret_path(one.path, is_of_secret=is_of_secret)
    before, hides_before = _side(one.observed, secrets, is_secret_place=is_secret_place)
    after, hides_after = _side(one.desired, secrets, is_secret_place=is_secret_place)
    return Edit(
        path=path,
        before=before,
        after=after,
        is_added=one.observed is ABSENT,
        is_removed=one.desired is ABSENT,
        is_sensitive=hides_before or hides_after,
        is_immutable=is_immutable(key.group, key.kind, one.path, observed),
    )


def _side(value: Any, secrets: SecretValues, *, is_secret_place: bool) -> tuple[Any, bool]:
    if value is ABSENT:
        return None, False
    return masked(value, secrets, is_secret_place=is_secret_place)
