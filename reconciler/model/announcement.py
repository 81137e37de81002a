"""What is said to people outside: a commit's status, and notifications."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CommitState(StrEnum):
    """What a Git host shows beside a commit."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitStatus:
    """One aggregated status of a commit over all clusters; `description` is one short line."""

    commit: str
    state: CommitState
    description: str
    context: str = "fleet-reconciler"
    url: str = ""


class Severity(StrEnum):
    """How much a notification matters, the least first."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for the least."""
        return list(Severity).index(self)


class Event(StrEnum):
    """What a notification is about."""

    APPLIED = "applied"
    FAILED = "failed"
    HELD = "held"
    MEMBER_FROZEN = "member-frozen"
    MEMBER_RECOVERED = "member-recovered"
    FAILOVER = "failover"
    FIGHT = "fight"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Something people may want to hear; `facts` are names and values in order."""

    event: Event
    severity: Severity
    title: str
    text: str = ""
    commit: str = ""
    clusters: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    url: str = ""
