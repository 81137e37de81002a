"""The decision for one object on one member: create, update, adopt, conflict, delete or nothing.

Rules (design §6): ours is compared and updated; nobody's is adopted when equal, otherwise
Karmada's conflict resolution decides; a foreign fleet's is never touched. Only what is ours *and*
was recorded there is deleted. A second comparison after an apply finds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from reconciler.diff import managed
from reconciler.diff.context import Context
from reconciler.diff.edits import edits_of
from reconciler.diff.lists import is_built_in
from reconciler.diff.managed import Tree
from reconciler.diff.normal import sendable
from reconciler.diff.ownership import (
    PROTECTION_LABEL,
    RECREATE_ANNOTATION,
    Owner,
    annotations_of,
    labels_of,
    owner_of,
    release_patch,
    with_ownership,
    without_our_marks,
)
from reconciler.diff.retained import Retained, at, ignored, retained
from reconciler.diff.walk import ABSENT, EVERYTHING, Difference, differences
from reconciler.interpret.errors import InterpretError
from reconciler.model.change import Action, Change, Edit
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.work import Work

OVERWRITE: Final = "overwrite"
ADOPT_KARMADA: Final = "karmada"
#: Kinds whose deletion takes more with it than the object (design §7).
PROTECTED_KINDS: Final = frozenset(
    {
        ("", "Namespace"),
        ("", "PersistentVolume"),
        ("", "PersistentVolumeClaim"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)
#: Why an object is deleted that a member holds.
NOT_PLACED: Final = "no document of the fleet places it here any more"
_NO_TREE: Final[Tree] = {}


def compare(
    desired: Work | None,
    observed: dict[str, Any] | None,
    context: Context,
    *,
    base: Work | None = None,
) -> Change:
    """What has to happen to one object of a member.

    One of the first two is given. `base` is the Work that was last applied there, where it is
    known: it shows what was taken out of values that the server treats as a whole.
    """
    if desired is None:
        assert observed is not None, "nothing to compare"
        return removal(observed, context)
    if observed is None:
        return creation(desired, context)
    comparison = Comparison(desired, observed, context, base)
    try:
        return comparison.change()
    except RecursionError:
        return comparison.incomparable()


def creation(desired: Work, context: Context) -> Change:
    """The object is not there."""
    manifest = with_ownership(sendable(body_of(desired)), context.fleet_id)
    return Change(
        cluster=desired.cluster,
        key=desired.key,
        action=Action.CREATE,
        desired=desired,
        api_version=desired.api_version,
        payload=orjson.dumps(manifest),
    )


def removal(observed: dict[str, Any], context: Context) -> Change:
    """Nothing desires the object any more."""
    manifest = Manifest(observed)
    key = manifest.key
    owner = owner_of(observed, context.fleet_id)
    action, reason, payload = Action.DELETE, NOT_PLACED, b""
    if owner is not Owner.OURS:
        action, reason = Action.UNCHANGED, _NOT_OURS[owner]
    elif key not in context.recorded:
        action, reason = Action.UNCHANGED, "it was never recorded as placed here by this fleet"
    elif manifest.metadata.get("deletionTimestamp"):
        action, reason = Action.UNCHANGED, "it is being deleted already"
    elif key in context.preserved:
        action, reason = Action.UPDATE, "its policy preserves it: only our marks are taken off"
        payload = orjson.dumps(release_patch(observed))
    return Change(
        cluster=context.cluster,
        key=key,
        action=action,
        api_version=manifest.api_version,
        reason=reason,
        uid=str(manifest.metadata.get("uid") or ""),
        resource_version=str(manifest.metadata.get("resourceVersion") or ""),
        is_protected=is_protected(key, observed),
        payload=payload,
    )


_NOT_OURS: Final[Mapping[Owner, str]] = {
    Owner.OTHER_FLEET: "it belongs to another fleet",
    Owner.KARMADA: "it belongs to Karmada",
    Owner.NOBODY: "it is not managed by this fleet",
}


def is_protected(key: ObjectKey, observed: Mapping[str, Any]) -> bool:
    """Whether deleting the object needs approval whatever the budget."""
    return (key.group, key.kind) in PROTECTED_KINDS or PROTECTION_LABEL in labels_of(observed)


def body_of(work: Work) -> dict[str, Any]:
    """The rendered manifest of a Work."""
    body: dict[str, Any] = orjson.loads(work.manifest_bytes())
    return body


class Comparison:
    """One Work against the object that stands in its place."""

    def __init__(
        self, desired: Work, observed: dict[str, Any], context: Context, base: Work | None
    ) -> None:
        self.desired = desired
        self.observed = observed
        self.context = context
        self.base = base if base is not None and base.body is not desired.body else None
        self.key = desired.key
        self.is_built_in = is_built_in(desired.api_version)
        self.rendered = sendable(body_of(desired))

    def change(self) -> Change:
        """The decision."""
        owner = owner_of(self.observed, self.context.fleet_id)
        if owner is Owner.KARMADA and self.context.adopt == ADOPT_KARMADA:
            return self.of_managed(Action.ADOPT, "it was Karmada's and is taken over")
        if owner in {Owner.KARMADA, Owner.OTHER_FLEET}:
            return self._as(Action.CONFLICT, reason=f"{_NOT_OURS[owner]}; it is not touched")
        if (self.observed.get("metadata") or {}).get("deletionTimestamp"):
            return self._as(
                Action.UNCHANGED, reason="it is being deleted; it is created again once it is gone"
            )
        if owner is Owner.OURS:
            return self.of_managed(Action.UPDATE, "")
        return self.of_nobody()

    def incomparable(self) -> Change:
        """What a member shows is nested too deeply to be looked at: this object is left alone."""
        return self._as(Action.CONFLICT, reason="what the member shows of it is nested too deeply")

    def of_nobody(self) -> Change:
        """An object that was there before us: adopted when equal, else as the policy says."""
        plain = without_our_marks(self.rendered)
        resolved = self._retained(plain)
        if isinstance(resolved, str):
            return self._as(Action.CONFLICT, reason=resolved)
        found = differences(resolved.wanted, self.observed, _NO_TREE, is_built_in=self.is_built_in)
        if not found:
            return self.of_managed(Action.ADOPT, "it is equal to what is desired")
        if self.desired.conflict_resolution == OVERWRITE:
            return self.of_managed(
                Action.UPDATE, "it was there before; conflictResolution Overwrite takes it over"
            )
        return self._as(
            Action.CONFLICT,
            edits=self._edits(found),
            reason="it was there before and differs; conflictResolution Overwrite takes it over",
        )

    def of_managed(self, action: Action, reason: str) -> Change:
        """An object that is ours, or is to become ours."""
        resolved = self._retained(with_ownership(self.rendered, self.context.fleet_id))
        if isinstance(resolved, str):
            return self._as(Action.CONFLICT, reason=resolved)
        found = self._differences(resolved)
        if not found:
            return self._as(Action.UNCHANGED)
        edits = self._edits(found)
        immutable = [edit.path for edit in edits if edit.is_immutable]
        if immutable and self._may_recreate():
            action = Action.RECREATE
            reason = f"{', '.join(immutable)} cannot be changed in place"
        elif immutable:
            reason = (
                f"{', '.join(immutable)} cannot be changed in place; the annotation"
                f' {RECREATE_ANNOTATION}: "true" lets it be deleted and created again'
            )
        return self._as(
            action,
            edits=edits,
            reason=reason,
            payload=self._payload(resolved, is_new=action is Action.RECREATE),
        )

    def _differences(self, resolved: Retained) -> list[Difference]:
        """What differs, including what we own and do not send any more."""
        entry = managed.own_entry(self.observed)
        tree = entry["fieldsV1"] if entry is not None else _NO_TREE
        found = differences(resolved.wanted, self.observed, tree, is_built_in=self.is_built_in)
        if entry is None or entry.get("apiVersion") != self.desired.api_version:
            # Without an entry in this version the server cannot tell later what we took out.
            there = ABSENT if entry is None else entry.get("apiVersion")
            found.append(
                Difference(
                    ("metadata", "managedFields", managed.FIELD_MANAGER),
                    there,
                    self.desired.api_version,
                )
            )
        if self.base is not None:
            known = {one.path for one in found}
            taken_out = self._taken_out(resolved, sendable(body_of(self.base)))
            found += [one for one in taken_out if one.path not in known]
        return found

    def _taken_out(self, resolved: Retained, before: Mapping[str, Any]) -> list[Difference]:
        """What the last Work held, this one does not, and is still there."""
        gone = differences(resolved.wanted, before, EVERYTHING, is_built_in=self.is_built_in)
        return [
            Difference(one.path, there, ABSENT)
            for one in gone
            if one.desired is ABSENT
            and (there := at(self.observed, one.path)) is not ABSENT
            and there == one.observed
        ]

    def _retained(self, manifest: dict[str, Any]) -> Retained | str:
        """The manifest with the member's own fields as observed; a clause when that fails."""
        try:
            after = self.context.retain(manifest, self.observed)
        except InterpretError as error:
            text = self.context.secrets.redact(str(error))
            return f"what the member keeps cannot be told: {text}"
        if after is None:
            after = manifest
        elif not _is_same_object(manifest, after):
            return "retention changed its identity"
        after = ignored(after, self.observed, self.context.ignore_differences, self.key)
        return retained(manifest, after, self.observed, is_built_in=self.is_built_in)

    def _may_recreate(self) -> bool:
        """Whether we were told to, and the object is ours to delete."""
        is_told = annotations_of(self.rendered).get(RECREATE_ANNOTATION) == "true"
        return is_told and owner_of(self.observed, self.context.fleet_id) is Owner.OURS

    def _payload(self, resolved: Retained, *, is_new: bool) -> bytes:
        """What is sent: with the observed resourceVersion as precondition, or as a new object."""
        if is_new:
            return orjson.dumps(with_ownership(self.rendered, self.context.fleet_id))
        metadata = {
            **resolved.payload["metadata"],
            "resourceVersion": self._metadata("resourceVersion"),
        }
        return orjson.dumps({**resolved.payload, "metadata": metadata})

    def _edits(self, found: list[Difference]) -> tuple[Edit, ...]:
        return edits_of(found, self.key, (self.observed, self.rendered), self.context.secrets)

    def _metadata(self, name: str) -> str:
        return str((self.observed.get("metadata") or {}).get(name) or "")

    def _as(
        self,
        action: Action,
        *,
        edits: tuple[Edit, ...] = (),
        reason: str = "",
        payload: bytes = b"",
    ) -> Change:
        return Change(
            cluster=self.desired.cluster,
            key=self.key,
            action=action,
            desired=self.desired,
            api_version=self.desired.api_version,
            edits=edits,
            reason=reason,
            uid=self._metadata("uid"),
            resource_version=self._metadata("resourceVersion"),
            is_protected=action is Action.RECREATE and is_protected(self.key, self.observed),
            payload=payload,
        )


def _is_same_object(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two manifests name the same object and carry the same marks of ours."""
    if any(one.get(name) != other.get(name) for name in ("apiVersion", "kind")):
        return False
    before, after = one.get("metadata") or {}, other.get("metadata") or {}
    return all(before.get(name) == after.get(name) for name in ("name", "namespace")) and (
        owner_of(one, annotations_of(one).get("fleet-reconciler.io/fleet", ""))
        == owner_of(other, annotations_of(one).get("fleet-reconciler.io/fleet", ""))
    )
