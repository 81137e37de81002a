"""One file -> its documents, whatever its path: the result may be kept by the blob's id.

`kind: List` and every other kind ending in `List` with `items` expand, nested too, as kubectl does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from reconciler.parse.validation.errors import Path
from reconciler.parse.yaml import ProblemKind, Reading, Unreadable, YamlProblem, read_documents

_LFS: Final = b"version https://git-lfs.github.com/spec/"
_CONTENT: Final = re.compile(rb"^[ \t]*(?!---)[^\s#%]", re.MULTILINE)

#: Problem of YAML -> code.
YAML_CODES: Final = {
    ProblemKind.SYNTAX: "RC001",
    ProblemKind.DUPLICATE_KEY: "RC002",
    ProblemKind.ALIASES: "RC003",
    ProblemKind.LIMIT: "RC004",
    ProblemKind.VALUE: "RC005",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a file, by code; line and column from 1, 0 where not known."""

    code: str
    message: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """One object of a file.

    `index` and `pointer` say where in the file it stands: which document, and where in a List.
    With a fault, `body` is what could be read, perhaps not everything, perhaps nothing.
    """

    index: int
    line: int
    body: dict[str, Any] | None
    pointer: Path = ()
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """The documents of a file; `fault` where the file as a whole is refused."""

    documents: tuple[ParsedDocument, ...] = ()
    fault: Fault | None = None


def parse_file(data: bytes) -> ParsedFile:
    """Every object a file holds; never raises."""
    if data.startswith(_LFS):
        return ParsedFile(fault=Fault("RC011", "is a pointer to Git LFS, not the content", 1, 1))
    try:
        readings = read_documents(data)
    except Unreadable as stopped:
        return ParsedFile(fault=_fault(stopped.problem))
    lines = (_content_line(data, reading) for reading in readings)
    pairs = enumerate(zip(readings, lines, strict=True))
    return ParsedFile(
        tuple(one for index, (reading, line) in pairs for one in _documents(index, reading, line))
    )


def _content_line(data: bytes, reading: Reading) -> int:
    """The first line of a document that is neither empty nor a comment."""
    found = _CONTENT.search(data, reading.offset)
    return (
        reading.first_line + data.count(b"\n", reading.offset, found.start())
        if found
        else reading.first_line
    )


def _documents(index: int, reading: Reading, line: int) -> Iterator[ParsedDocument]:
    value, problem = reading.value, reading.problem
    if problem is not None:
        body = value if isinstance(value, dict) else None
        yield ParsedDocument(index, line, body, fault=_fault(problem))
    elif isinstance(value, dict):
        yield from _expanded(ParsedDocument(index, line, value))
    elif value is not None:
        yield ParsedDocument(index, line, None, fault=_not_an_object(line))


def _expanded(document: ParsedDocument) -> Iterator[ParsedDocument]:
    body = document.body
    if body is None or not _is_list(body):
        yield document
        return
    for number, item in enumerate(body["items"] or ()):
        pointer = (*document.pointer, "items", number)
        if isinstance(item, dict):
            yield from _expanded(ParsedDocument(document.index, document.line, item, pointer))
        else:
            fault = _not_an_object(document.line)
            yield ParsedDocument(document.index, document.line, None, pointer, fault)


def _is_list(body: dict[str, Any]) -> bool:
    items = body.get("items", "")
    return str(body.get("kind", "")).endswith("List") and (items is None or isinstance(items, list))


def _fault(problem: YamlProblem) -> Fault:
    return Fault(YAML_CODES[problem.kind], problem.message, problem.line, problem.column)


def _not_an_object(line: int) -> Fault:
    return Fault("RC006", "a document must be a map with apiVersion, kind and metadata", line, 1)
