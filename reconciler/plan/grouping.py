"""What is the same on many clusters, said once.

Levels: the same change of an object on several clusters is one group. For people updates are folded
further, edit by edit: what all clusters share is said once, and what differs beside it. Groups that
stand on the same clusters are one section, and objects of one kind with the same edits from the
same rule are one group there. A thousand clusters with one image bump and their own replica counts
are one section with one group, and a line for each count. Objects that move alike for the same
cause are one placement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import orjson

from reconciler.model.binding import Target
from reconciler.model.change import Action, Change, Edit, PlacementChange
from reconciler.model.diagnostic import Position
from reconciler.model.identity import ObjectKey
from reconciler.plan.order import is_removal, wave_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One change of one object on all clusters where it is the same; `alike` are further objects of
    its kind that change in the same way.
    """

    key: ObjectKey
    alike: tuple[ObjectKey, ...] = ()
    action: Action
    clusters: tuple[str, ...]
    edits: tuple[Edit, ...] = ()
    reason: str = ""
    position: Position = field(default_factory=Position)
    api_version: str = ""
    is_protected: bool = False
    is_removal: bool = False
    wave: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Groups that stand on exactly the same clusters."""

    clusters: tuple[str, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Objects whose targets change from the same to the same, for the same cause."""

    keys: tuple[ObjectKey, ...]
    before: tuple[Target, ...]
    after: tuple[Target, ...]
    cause: str = ""
    position: Position = field(default_factory=Position)


def moves(placements: Iterable[PlacementChange]) -> tuple[Move, ...]:
    """In the order of the first object of each."""
    found: dict[object, list[PlacementChange]] = {}
    for one in placements:
        found.setdefault((one.before, one.after, one.cause, one.position), []).append(one)
    return tuple(
        Move(
            keys=tuple(one.key for one in alike),
            before=alike[0].before,
            after=alike[0].after,
            cause=alike[0].cause,
            position=alike[0].position,
        )
        for alike in found.values()
    )


def groups(changes: Iterable[Change]) -> tuple[Group, ...]:
    """In the order of the first change of each."""
    found: dict[object, list[Change]] = {}
    for change in changes:
        found.setdefault(_identity(change), []).append(change)
    return tuple(_group(members) for members in found.values())


def sections(changes: Iterable[Change]) -> tuple[Section, ...]:
    """The widest first, then in the order of their first group."""
    found: dict[tuple[str, ...], list[Group]] = {}
    for group in folded(groups(changes)):
        found.setdefault(group.clusters, []).append(group)
    ordered = sorted(found.items(), key=lambda item: -len(item[0]))
    return tuple(Section(clusters=names, groups=tuple(_together(some))) for names, some in ordered)


def object_count(some: Iterable[Group]) -> int:
    """How many objects the groups stand for."""
    return sum(1 + len(group.alike) for group in some)


def _together(some: Iterable[Group]) -> Iterator[Group]:
    """The groups, updates of one kind that differ in nothing but the object as one."""
    found: dict[object, list[Group]] = {}
    for group in some:
        is_ruled = group.action is Action.UPDATE and any(edit.cause for edit in group.edits)
        kind = (group.key.group, group.key.kind, group.api_version, group.reason, group.wave)
        edits = tuple(map(_edit_identity, group.edits))
        found.setdefault((*kind, edits) if is_ruled else group.key, []).append(group)
    for first, *others in found.values():
        yield replace(first, alike=tuple(one.key for one in others))


def folded(some: Iterable[Group]) -> Iterator[Group]:
    """Groups of one object that differ in their edits alone, taken apart by edit."""
    alike: dict[Group, list[Group]] = {}
    for group in some:
        alike.setdefault(replace(group, clusters=(), edits=()), []).append(group)
    for head, members in alike.items():
        yield from _by_edit(head, members) if len(members) > 1 else members


def _by_edit(head: Group, members: list[Group]) -> Iterator[Group]:
    """The edits of the members, those together that stand on the same clusters."""
    clusters: dict[bytes, list[str]] = {}
    edits: dict[bytes, Edit] = {}
    for member in members:
        if not member.edits:
            yield member
        for edit in member.edits:
            content = _edit_identity(edit)
            edits[content] = edit
            clusters.setdefault(content, []).extend(member.clusters)
    together: dict[tuple[str, ...], list[Edit]] = {}
    for content, edit in edits.items():
        together.setdefault(tuple(sorted(clusters[content])), []).append(edit)
    for names, shared in together.items():
        ordered = sorted(shared, key=lambda edit: edit.path)
        yield replace(head, clusters=names, edits=tuple(ordered))


def _edit_identity(edit: Edit) -> bytes:
    """Edits by content, for their values may be lists and maps."""
    content = (
        edit.path,
        edit.before,
        edit.after,
        edit.is_added,
        edit.is_removed,
        edit.is_sensitive,
        edit.is_immutable,
        edit.cause,
        str(edit.position),
    )
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _group(members: list[Change]) -> Group:
    first = members[0]
    return Group(
        key=first.key,
        action=first.action,
        clusters=tuple(sorted(one.cluster for one in members)),
        edits=first.edits,
        reason=first.reason,
        position=first.position,
        api_version=first.api_version,
        is_protected=first.is_protected,
        is_removal=is_removal(first),
        wave=wave_of(first),
    )


def _identity(change: Change) -> object:
    """What two changes have to share to be one group."""
    return (
        change.key,
        change.action,
        change.reason,
        change.position,
        change.api_version,
        change.is_protected,
        change.desired is None,
        tuple(map(_edit_identity, change.edits)),
    )
