"""Diagnostics of a file: codes with their defaults, and places found only when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reconciler.model.codes import CODES
from reconciler.model.diagnostic import Diagnostic, Effect, Position
from reconciler.model.text import printable
from reconciler.parse.files import ParsedDocument
from reconciler.parse.validation.errors import Path
from reconciler.parse.yaml import locate

#: Items of a List beyond which only the document is pointed at: finding a place reads up to it.
_FAR: Final = 200
#: Problems of one document that are told; each of them is looked up in the file.
MAX_PROBLEMS: Final = 50


def diagnostic(
    code: str,
    message: str,
    position: Position,
    *,
    hint: str = "",
    subject: str = "",
    effect: Effect | None = None,
) -> Diagnostic:
    """A problem with the severity and effect of its code; text of strangers is made printable."""
    known = CODES[code]
    return Diagnostic(
        code=code,
        message=printable(message),
        severity=known.severity,
        effect=known.effect if effect is None else effect,
        position=position,
        hint=printable(hint),
        subject=printable(subject),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One object of a file of the tree; `read` gives the file's bytes for looking up places."""

    path: str
    oid: str
    parsed: ParsedDocument
    read: Callable[[], bytes]

    @property
    def position(self) -> Position:
        """Where the document begins."""
        return Position(self.path, self.parsed.line)

    def place(self, *pointer: str | int) -> Position:
        """Where a field of the object stands; reads the file again."""
        return self.at(pointer)

    def at(self, pointer: Path) -> Position:
        """The same for a path held in one value."""
        if any(isinstance(step, int) and step > _FAR for step in self.parsed.pointer):
            return self.position
        line, column = locate(self.read(), self.parsed.index, (*self.parsed.pointer, *pointer))
        return Position(self.path, line, column) if line else self.position
