"""What can be wrong with a YAML document, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProblemKind(StrEnum):
    """SYNTAX: not YAML. DUPLICATE_KEY: readable but ambiguous. ALIASES: a few bytes that grow
    without bound. LIMIT: too large, deep or many. VALUE: YAML, but no JSON value (NaN, a null key).
    """

    SYNTAX = "syntax"
    DUPLICATE_KEY = "duplicate-key"
    ALIASES = "aliases"
    LIMIT = "limit"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class YamlProblem:
    """One problem; `line` and `column` count from 1, 0 means not known."""

    kind: ProblemKind
    message: str
    line: int = 0
    column: int = 0

    def below(self, first_line: int) -> YamlProblem:
        """The same problem in a file whose line `first_line` is the document's line 1."""
        line = self.line + first_line - 1 if self.line else 0
        return YamlProblem(self.kind, self.message, line, self.column)


class Unreadable(Exception):  # noqa: N818 - carries a problem of the input to where it is collected
    """Reading stopped here."""

    def __init__(self, kind: ProblemKind, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.problem = YamlProblem(kind, message, line, column)
