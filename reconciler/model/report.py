"""Report: what became of every template on every member (karmada-semantics §2.14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.identity import ObjectKey
from reconciler.model.question import Question


class Health(StrEnum):
    """Health of an object; the later a member stands here, the worse it is."""

    HEALTHY = "Healthy"
    UNKNOWN = "Unknown"
    UNHEALTHY = "Unhealthy"

    @property
    def rank(self) -> int:
        """0 for the best."""
        return list(Health).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberStatus:
    """One template on one member.

    `status` is the collected part of the object's status, None when there is none or when it may
    not be shown. `since` is when this combination of applied and health was first seen, RFC 3339.
    """

    cluster: str
    applied: bool
    health: Health
    message: str = ""
    replicas: int | None = None
    status: Any = None
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateStatus:
    """One template over all its members. `members` sorted by cluster; `expected` clusters in all.

    `status` is the aggregated status of the template, None where the kind has no aggregation.
    `is_frozen`: its newest version is not in force.
    """

    key: ObjectKey
    api_version: str
    members: tuple[MemberStatus, ...] = ()
    expected: int = 0
    status: Any = None
    scheduled_reason: str = ""
    scheduled_message: str = ""
    is_frozen: bool = False

    @property
    def is_fully_applied(self) -> bool:
        """Whether every expected member has it."""
        return len(self.members) == self.expected and all(one.applied for one in self.members)

    @property
    def health(self) -> Health:
        """The worst health of any member; Unknown when it should be somewhere and is nowhere."""
        if not self.members:
            return Health.UNKNOWN if self.scheduled_message else Health.HEALTHY
        return max((one.health for one in self.members), key=lambda health: health.rank)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetReport:
    """Every template's status, and what stands in the way of the rest.

    `frozen` templates are in force in their last applied version; `is_held` says that the newest
    commit is not in force at all. `diagnostics` came up while members' reports were read,
    `questions` have to be answered before all of them can be.
    """

    source_commit: str = ""
    templates: Mapping[ObjectKey, TemplateStatus] = field(default_factory=dict)
    frozen_clusters: Mapping[str, str] = field(default_factory=dict)
    holds: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    frozen: tuple[ObjectKey, ...] = ()
    is_held: bool = False
    diagnostics: tuple[Diagnostic, ...] = field(default=(), compare=False)
    questions: tuple[Question, ...] = field(default=(), compare=False)
