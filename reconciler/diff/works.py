"""Two renderings of one object: what a commit would change, without looking at a member."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reconciler.diff.compare import body_of, is_protected
from reconciler.diff.edits import edits_of
from reconciler.diff.lists import is_built_in
from reconciler.diff.normal import sendable
from reconciler.diff.ownership import RECREATE_ANNOTATION, annotations_of
from reconciler.diff.redact import NO_SECRETS, SecretValues
from reconciler.diff.walk import EVERYTHING, differences
from reconciler.model.change import Action, Change, Edit
from reconciler.model.work import Work


def compare_works(old: Work | None, new: Work | None, secrets: SecretValues = NO_SECRETS) -> Change:
    """The change from the base commit's Work to the head commit's; one of them is given.

    Bodies of equal digest with equal stamps are the same Work, whatever they hold.
    """
    if new is None:
        assert old is not None, "nothing to compare"
        return _deletion(old)
    if old is None:
        return _change(new, Action.CREATE)
    if _is_same_text(old, new):
        return _change(new, Action.UNCHANGED)
    before, after = sendable(body_of(old)), sendable(body_of(new))
    edits = _edits(new, before, after, secrets)
    if not edits:
        return _change(new, Action.UNCHANGED)
    is_recreated = any(edit.is_immutable for edit in edits) and (
        annotations_of(after).get(RECREATE_ANNOTATION) == "true"
    )
    if not is_recreated:
        return _change(new, Action.UPDATE, edits)
    return replace(_change(new, Action.RECREATE, edits), is_protected=is_protected(old.key, before))


def _is_same_text(old: Work, new: Work) -> bool:
    """A stamp follows from cluster and name, so that equal bodies there are equal texts."""
    return old.body.digest == new.body.digest and (old.cluster, old.name) == (
        new.cluster,
        new.name,
    )


def _edits(
    new: Work, before: dict[str, Any], after: dict[str, Any], secrets: SecretValues
) -> tuple[Edit, ...]:
    found = differences(after, before, EVERYTHING, is_built_in=is_built_in(new.api_version))
    return edits_of(found, new.key, (before, after), secrets)


def _deletion(old: Work) -> Change:
    return Change(
        cluster=old.cluster,
        key=old.key,
        action=Action.DELETE,
        api_version=old.api_version,
        is_protected=is_protected(old.key, body_of(old)),
    )


def _change(new: Work, action: Action, edits: tuple[Edit, ...] = ()) -> Change:
    return Change(
        cluster=new.cluster,
        key=new.key,
        action=action,
        desired=new,
        api_version=new.api_version,
        edits=edits,
    )
