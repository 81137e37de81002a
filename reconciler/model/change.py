"""Change and Plan: what would happen to every member, in order, with the guards' verdict (design
§7).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reconciler.model.binding import Target
from reconciler.model.codes import BLOCKING
from reconciler.model.diagnostic import Diagnostic, Position
from reconciler.model.identity import ObjectKey
from reconciler.model.work import Work


class Action(StrEnum):
    """What happens to one object on one member: the same words everywhere."""

    CREATE = "create"
    UPDATE = "update"
    RECREATE = "recreate"
    DELETE = "delete"
    ADOPT = "adopt"
    CONFLICT = "conflict"
    HOLD = "hold"
    UNCHANGED = "unchanged"


#: The sign in front of a line of a plan.
SIGNS: dict[Action, str] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.RECREATE: "-/+",
    Action.DELETE: "-",
    Action.ADOPT: "=",
    Action.CONFLICT: "!",
    Action.HOLD: "#",
    Action.UNCHANGED: " ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One difference at a path, already redacted. `path` in words
    (`spec.containers[name=web].image`).

    `before`/`after` are JSON values, None where there is none; an `is_sensitive` edit holds a
    `Mask` for every secret in them, in a plan the mask's text, never the value. `cause` is the rule
    that set the field and `position` where that, or the field itself, is written in the fleet repo;
    both may be unknown.
    """

    path: str
    before: Any = None
    after: Any = None
    is_added: bool = False
    is_removed: bool = False
    is_sensitive: bool = False
    is_immutable: bool = False
    cause: str = ""
    position: Position = field(default_factory=Position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step on one member. `desired` None for a delete. `uid`/`resource_version` are the
    observed preconditions.

    `reason` is a full clause; `position` is where the cause stands in the fleet repo. `payload` is
    the JSON that is sent:
    the desired manifest with our marks, retained fields at their observed values; it may hold
    secrets and is never shown.
    """

    cluster: str
    key: ObjectKey
    action: Action
    desired: Work | None = None
    api_version: str = ""
    edits: tuple[Edit, ...] = ()
    reason: str = ""
    position: Position = field(default_factory=Position)
    uid: str = ""
    resource_version: str = ""
    is_protected: bool = False
    payload: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementChange:
    """A binding whose targets or split changed: before and after by cluster, and the rule that
    caused it.
    """

    key: ObjectKey
    before: tuple[Target, ...]
    after: tuple[Target, ...]
    cause: str = ""
    position: Position = field(default_factory=Position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """A delete and a create of the same content under another name or namespace, on `clusters`."""

    before: ObjectKey
    after: ObjectKey
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDelete:
    """One deletion that waits for approval."""

    cluster: str
    key: ObjectKey
    uid: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Deletions held together; `digest` is what `Approve-Deletes:` names."""

    digest: str
    deletes: tuple[HeldDelete, ...]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Ordered changes with the guards' verdict. Unchanged objects are only counted.

    `is_blocked`: a budget or policy refuses part of it (exit 3). `digest`: SHA-256 over the sorted
    (cluster, identity, action,
    desired digest) of what it will do.
    """

    changes: tuple[Change, ...] = ()
    placements: tuple[PlacementChange, ...] = ()
    renames: tuple[Rename, ...] = ()
    unchanged: int = 0
    hold: Hold | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()
    digest: str = ""

    @property
    def is_blocked(self) -> bool:
        """Whether deletions wait for approval, or a rule or a person refuses something."""
        return self.hold is not None or any(one.code in BLOCKING for one in self.diagnostics)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be done."""
        return not self.changes and not self.placements

    def count(self, action: Action) -> int:
        """How many changes of that action."""
        return sum(1 for change in self.changes if change.action is action)
