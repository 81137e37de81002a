"""Where fields of documents stand in the files of a revision, and whether they are written at all.

The file is read again when it is asked about; each is kept while one answer is made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.diagnostic import Position
from reconciler.parse.files import ParsedDocument, parse_file
from reconciler.parse.yaml import locate

#: Items of a List beyond which only the document is pointed at: finding a place reads up to it.
_FAR = 200

Step = str | int


@dataclass(slots=True)
class Places:
    """Places in one revision; `read` gives a file's bytes, None for what is no file of it."""

    read: Callable[[str], bytes | None]
    _files: dict[str, tuple[bytes, tuple[ParsedDocument, ...]] | None] = field(
        default_factory=dict, init=False
    )
    _found: dict[tuple[Position, tuple[Step, ...]], Position] = field(
        default_factory=dict, init=False
    )

    def written(self, document: Position, pointer: Sequence[Step]) -> Position | None:
        """Where a field of the document at this position is written; None: it is a default."""
        found = self._document(document)
        if found is None:
            return document
        data, parsed = found
        pointer = _as_written(parsed.body, pointer)
        if not _is_written(parsed.body, pointer):
            return None
        return self._place(document, data, parsed, pointer)

    def nearest(self, document: Position, pointer: Sequence[Step]) -> Position:
        """The deepest place on the way to a field; the document's own where nothing is found."""
        key = (document, tuple(pointer))
        if key not in self._found:
            found = self._document(document)
            if found is None:
                self._found[key] = document
            else:
                data, parsed = found
                pointer = _as_written(parsed.body, pointer)
                self._found[key] = self._place(document, data, parsed, pointer)
        return self._found[key]

    def _place(
        self, document: Position, data: bytes, parsed: ParsedDocument, pointer: Sequence[Step]
    ) -> Position:
        if any(isinstance(step, int) and step > _FAR for step in parsed.pointer):
            return document
        line, column = locate(data, parsed.index, (*parsed.pointer, *pointer))
        return Position(document.path, line, column) if line else document

    def _document(self, position: Position) -> tuple[bytes, ParsedDocument] | None:
        """The only document that begins on the position's line; several are not told apart."""
        file = self._file(position.path)
        if file is None:
            return None
        data, documents = file
        here = [one for one in documents if one.line == position.line]
        return (data, here[0]) if len(here) == 1 else None

    def _file(self, path: str) -> tuple[bytes, tuple[ParsedDocument, ...]] | None:
        if path not in self._files:
            data = self.read(path)
            self._files[path] = (data, parse_file(data).documents) if data is not None else None
        return self._files[path]


def _as_written(body: Any, pointer: Sequence[Step]) -> Sequence[Step]:
    """The same field where people wrote it: what a Secret has in `data` may be in `stringData`."""
    is_data = bool(pointer) and pointer[0] == "data" and body.get("kind") == "Secret"
    texts = ("stringData", *pointer[1:])
    return texts if is_data and _is_written(body, texts) else pointer


def _is_written(body: Any, pointer: Sequence[Step]) -> bool:
    for step in pointer:
        if isinstance(body, dict) and str(step) in body:
            body = body[str(step)]
        elif isinstance(body, list) and isinstance(step, int) and step < len(body):
            body = body[step]
        else:
            return False
    return True
