"""Diagnostic: one problem of the input, said so that its author can act on it.

Bad input is data, never an exception: a commit's problems are collected, ordered and shown at once.
What a problem
stops is its `Effect`; the codes and their meaning are a table, `CODES`, documented in
docs/diagnostics.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad: an error changes what is applied, a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Effect(StrEnum):
    """What a problem stops (design: freezing and holding).

    HOLD: nothing new of the whole commit is applied. FREEZE_DOCUMENT: the document's last applied
    version stays in
    force. FREEZE_MEMBER: one member keeps what it has. NONE: nothing stops.
    """

    HOLD = "hold"
    FREEZE_DOCUMENT = "freeze-document"
    FREEZE_MEMBER = "freeze-member"
    NONE = "none"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the fleet repo: path, and one-based line and column (0: not known)."""

    path: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`path:line:column`, shortened to what is known."""
        if not self.line:
            return self.path
        return (
            f"{self.path}:{self.line}:{self.column}" if self.column else f"{self.path}:{self.line}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One problem: code, where, what, and what to do about it (`hint`).

    `subject` names the object or member concerned where there is one (`apps/Deployment shop/web`,
    `cluster eu-1`).
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    effect: Effect = Effect.FREEZE_DOCUMENT
    position: Position = field(default_factory=Position)
    hint: str = ""
    subject: str = ""

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """By place, then code, then text: the order in which a commit's problems are shown."""
        place = self.position
        return (place.path, place.line, place.column, self.code, self.message)

    def __str__(self) -> str:
        """One line for a terminal: `path:line:col: error RC001: message (hint)`."""
        place = f"{self.position}: " if self.position.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.severity} {self.code}: {self.message}{hint}"


def in_order(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The same problems, each once, in the order of their places."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=lambda one: one.sort_key))
