"""managedFields: who owns which fields, on updates and on server-side apply.

Source: structured-merge-diff merge.Updater and apiserver fieldmanager. An entry is identified by
manager, operation, apiVersion and (since 1.22) subresource.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from reconciler.adapters.simulation import fieldset
from reconciler.adapters.simulation.errors import ApiError, Cause, internal
from reconciler.adapters.simulation.fieldset import FieldSet
from reconciler.adapters.simulation.shapes import Shape
from reconciler.adapters.simulation.typed import (
    ABSENT,
    TypedError,
    check,
    compare,
    field_set,
    merge,
    remove,
    whole,
)

Manifest = dict[str, Any]

# Never owned by anybody. Source: fieldmanager/stripmeta.go.
_UNOWNED: Final[FieldSet] = fieldset.parse(
    {
        "f:apiVersion": {},
        "f:kind": {},
        "f:metadata": {
            ".": {},
            "f:name": {},
            "f:namespace": {},
            "f:creationTimestamp": {},
            "f:selfLink": {},
            "f:uid": {},
            "f:clusterName": {},
            "f:generation": {},
            "f:managedFields": {},
            "f:resourceVersion": {},
        },
    }
)
BEFORE_FIRST_APPLY: Final = "before-first-apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who writes: the identity of a managedFields entry."""

    manager: str
    operation: str
    api_version: str
    subresource: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The fields of one writer and when it last changed them."""

    fields: FieldSet
    time: str


Owners = dict[Writer, Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How ownership works for a kind on a server version."""

    shape: Shape
    reset: FieldSet
    interleave: bool
    owns_empty: bool = True


def owners(manifest: Mapping[str, Any]) -> Owners:
    """The entries of an object's managedFields."""
    result: Owners = {}
    for raw in manifest["metadata"].get("managedFields") or ():
        writer = Writer(
            manager=raw.get("manager", ""),
            operation=raw.get("operation", ""),
            api_version=raw.get("apiVersion", ""),
            subresource=raw.get("subresource", ""),
        )
        result[writer] = Entry(fields=fieldset.parse(raw["fieldsV1"]), time=raw.get("time", ""))
    return result


def is_reset(manifest: Mapping[str, Any]) -> bool:
    """A single empty entry asks to forget all owners."""
    sent = manifest["metadata"].get("managedFields")
    return isinstance(sent, list) and len(sent) == 1 and not sent[0]


def with_sent_owners(live: Manifest, sent: Mapping[str, Any]) -> Manifest:
    """The live object with the entries a client sent, where it sent any that can be read."""
    entries = sent["metadata"].get("managedFields") or ()
    readable = [one for one in entries if isinstance(one.get("fieldsV1"), dict)]
    if not readable or len(readable) != len(entries):
        return live
    return {**live, "metadata": {**live["metadata"], "managedFields": readable}}


def with_owners(manifest: Manifest, entries: Owners) -> Manifest:
    """The object with these managedFields, in the order of the API server."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "managedFields"}
    written = [_written(writer, entry) for writer, entry in sorted(entries.items(), key=_rank)]
    if written:
        metadata["managedFields"] = written
    return {**manifest, "metadata": metadata}


def _rank(item: tuple[Writer, Entry]) -> tuple[str, ...]:
    """Applies first, then by time, manager, version and subresource."""
    writer, entry = item
    return (
        writer.operation,
        "" if writer.operation == "Apply" else entry.time,
        writer.manager,
        writer.api_version,
        writer.subresource,
    )


def _written(writer: Writer, entry: Entry) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "manager": writer.manager,
        "operation": writer.operation,
        "apiVersion": writer.api_version,
        "time": entry.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": fieldset.written(entry.fields),
    }
    if writer.subresource:
        raw["subresource"] = writer.subresource
    return raw


# ---- plain writes


def after_update(
    before: Manifest, after: Manifest, writer: Writer, time: str, rules: Rules
) -> Owners:
    """Entries after a create, update or patch: the writer owns what it changed or added."""
    entries = _expanded(owners(before), before, rules)
    changes = compare(before, after, rules.shape)
    touched = fieldset.union(changes.modified, changes.added)
    entries = _taken(entries, writer, touched, changes.removed)
    mine = entries.get(writer)
    fields = fieldset.union(mine.fields if mine else {}, touched)
    fields = fieldset.difference(fields, changes.removed)
    fields = _ownable(fields, rules.reset)
    if not fields:
        entries.pop(writer, None)
    elif mine is None or fields != mine.fields or not changes.is_same():
        entries[writer] = Entry(fields=fields, time=time)
    return entries


def _taken(entries: Owners, writer: Writer, touched: FieldSet, removed: FieldSet) -> Owners:
    """Other writers lose what was overwritten or removed."""
    result: Owners = {}
    for other, entry in entries.items():
        fields = entry.fields
        if other != writer:
            fields = fieldset.difference(fields, fieldset.intersection(fields, touched))
            fields = fieldset.difference(fields, removed)
        if fields:
            result[other] = entry if fields is entry.fields else replace(entry, fields=fields)
    return result


def _ownable(fields: FieldSet, reset: FieldSet) -> FieldSet:
    fields = fieldset.difference(fields, _UNOWNED)
    fields = {name: child for name, child in fields.items() if name != fieldset.MEMBER}
    return fieldset.without(fields, reset)


# ---- server-side apply


def apply(
    live: Manifest,
    config: Manifest,
    writer: Writer,
    time: str,
    rules: Rules,
    *,
    force: bool,
    subject: str,
) -> tuple[Manifest, Owners]:
    """The merged object and its entries; ApiError 409 names the owners, 500 a bad type."""
    try:
        check(config, rules.shape)
    except TypedError as error:
        raise internal(f"failed to create typed patch object{subject}: {error}") from error
    entries = _renamed(_with_past(live, owners(live), writer, time, rules), writer)
    entries = _expanded(entries, live, rules)
    previous = entries.get(writer)
    applied = field_set(config, rules.shape, owns_empty=rules.owns_empty)
    mine = _ownable(applied, rules.reset)
    merged = merge(live, config, rules.shape, interleave=rules.interleave)
    if previous is not None:
        # Name and namespace are nobody's in the end, but they keep their parent from being pruned.
        present = {**entries, writer: Entry(fields=applied, time=time)}
        merged = _pruned(merged, present, previous.fields, rules)
    entries[writer] = Entry(fields=mine, time=time)
    changes = compare(live, merged, rules.shape)
    touched = fieldset.union(changes.modified, changes.added)
    if not force:
        _refuse_conflicts(entries, writer, touched)
    entries = _taken(entries, writer, touched, changes.removed)
    if not mine:
        entries.pop(writer, None)
    elif previous is not None and previous.fields == mine:
        entries[writer] = replace(entries[writer], time=previous.time)
    return merged, entries


def _expanded(entries: Owners, live: Manifest, rules: Rules) -> Owners:
    """Before 1.21, who owns a map or list and nothing in it is taken to own all of it.

    Source: structured-merge-diff 4.0, typed/reconcile_schema.go.
    """
    if rules.owns_empty:
        return entries
    return {
        writer: replace(entry, fields=whole(entry.fields, live, rules.shape))
        for writer, entry in entries.items()
    }


def _renamed(entries: Owners, writer: Writer) -> Owners:
    """An applier is one and the same in every API version: its entry moves to the newest.

    Source: fieldmanager/managedfields.go, BuildManagerIdentifier.
    """
    return {
        writer if replace(other, api_version=writer.api_version) == writer else other: entry
        for other, entry in entries.items()
    }


def _with_past(live: Manifest, entries: Owners, writer: Writer, time: str, rules: Rules) -> Owners:
    """An object that nobody's entries describe belongs to `before-first-apply`."""
    if entries or not live["metadata"].get("uid"):
        return entries
    past = Writer(manager=BEFORE_FIRST_APPLY, operation="Update", api_version=writer.api_version)
    fields = _ownable(field_set(live, rules.shape, owns_empty=rules.owns_empty), rules.reset)
    return {past: Entry(fields=fields, time=time)} if fields else {}


def _pruned(merged: Manifest, entries: Owners, previous: FieldSet, rules: Rules) -> Manifest:
    """Without what this writer applied before, applies no longer, and nobody else owns."""
    shape = rules.shape
    pruned = remove(merged, shape, _with_named(previous, rules))
    if pruned is ABSENT:
        pruned = {}
    managed: FieldSet = {}
    for entry in entries.values():
        managed = fieldset.union(managed, entry.fields)
    pruned = _add_back(merged, pruned, managed, rules)
    return _add_back_dangling(merged, pruned, previous, rules)


def _named_set(manifest: Manifest, rules: Rules) -> FieldSet:
    fields = field_set(manifest, rules.shape, owns_empty=rules.owns_empty)
    return _with_named(fields, rules)


def _with_named(fields: FieldSet, rules: Rules) -> FieldSet:
    """A struct field goes with what it holds; before 1.21 it stayed for the defaults inside it."""
    return fieldset.with_named_fields(fields, rules.shape) if rules.owns_empty else fields


def _add_back(merged: Manifest, pruned: Manifest, managed: FieldSet, rules: Rules) -> Manifest:
    shape = rules.shape
    everything = _named_set(merged, rules)
    kept = fieldset.union(
        _named_set(pruned, rules),
        _with_named(managed, rules),
    )
    result: Manifest = remove(merged, shape, fieldset.difference(everything, kept))
    return result


def _add_back_dangling(
    merged: Manifest, pruned: Manifest, previous: FieldSet, rules: Rules
) -> Manifest:
    """What was never this writer's and went only because its parent did comes back."""
    shape = rules.shape
    everything = _named_set(merged, rules)
    kept = _named_set(pruned, rules)
    gone = fieldset.intersection(
        fieldset.difference(everything, kept), _with_named(previous, rules)
    )
    result: Manifest = remove(merged, shape, gone)
    return result


def _refuse_conflicts(entries: Owners, writer: Writer, touched: FieldSet) -> None:
    conflicts = [
        (other, fieldset.paths(both))
        for other, entry in sorted(entries.items(), key=_rank)
        if other != writer and (both := fieldset.intersection(entry.fields, touched))
    ]
    if conflicts:
        raise _conflict(conflicts)


def _conflict(conflicts: Iterable[tuple[Writer, list[str]]]) -> ApiError:
    """Source: fieldmanager/conflict.go."""
    causes, parts = [], []
    for writer, paths in conflicts:
        owner = _owner_text(writer)
        causes += [
            Cause(reason="FieldManagerConflict", message=f"conflict with {owner}", field=path)
            for path in paths
        ]
        if len(paths) == 1:
            parts.append(f"conflict with {owner}: {paths[0]}")
        else:
            parts.append(f"conflicts with {owner}:\n" + "\n".join(f"- {path}" for path in paths))
    noun = "conflict" if len(causes) == 1 else "conflicts"
    message = f"Apply failed with {len(causes)} {noun}: " + "\n".join(parts)
    return ApiError(409, "Conflict", message, {"causes": [cause.as_dict() for cause in causes]})


def _owner_text(writer: Writer) -> str:
    text = f'"{writer.manager}"'
    if writer.subresource:
        text += f' with subresource "{writer.subresource}"'
    if writer.operation == "Update":
        text += f" using {writer.api_version}"
    return text
