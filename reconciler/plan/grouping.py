"""What is the same on many clusters, said once.

Two levels: the same change of an object on several clusters is one group; groups that stand on the
same clusters are one section. A thousand clusters with one image bump are one section with one
group.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from reconciler.model.change import Action, Change, Edit
from reconciler.model.diagnostic import Position
from reconciler.model.identity import ObjectKey
from reconciler.plan.order import is_removal, wave_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One change of one object on all clusters where it is the same."""

    key: ObjectKey
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


def groups(changes: Iterable[Change]) -> tuple[Group, ...]:
    """In the order of the first change of each."""
    found: dict[object, list[Change]] = {}
    for change in changes:
        found.setdefault(_identity(change), []).append(change)
    return tuple(_group(members) for members in found.values())


def sections(changes: Iterable[Change]) -> tuple[Section, ...]:
    """The widest first, then in the order of their first group."""
    found: dict[tuple[str, ...], list[Group]] = {}
    for group in groups(changes):
        found.setdefault(group.clusters, []).append(group)
    ordered = sorted(found.items(), key=lambda item: -len(item[0]))
    return tuple(Section(clusters=clusters, groups=tuple(some)) for clusters, some in ordered)


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
    """What two changes have to share to be one group; edits by content, for values may be lists."""
    edits = [
        (one.path, one.before, one.after, one.is_added, one.is_removed, one.is_immutable)
        for one in change.edits
    ]
    return (
        change.key,
        change.action,
        change.reason,
        change.position,
        change.api_version,
        change.is_protected,
        change.desired is None,
        orjson.dumps(edits, option=orjson.OPT_SORT_KEYS),
    )
