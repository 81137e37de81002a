"""Entries of a tree -> the documents to look at, and what is wrong with entries themselves.

A path that can no longer be read freezes what it held before; where a folder stood in its place,
everything below.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from reconciler.model.diagnostic import Diagnostic, Effect, Position, Severity
from reconciler.model.fleet import Frozen
from reconciler.model.source import EntryKind, SourceFile
from reconciler.parse.files import Fault, ParsedFile, parse_file
from reconciler.parse.memory import Group, Recollection
from reconciler.parse.problems import Document, diagnostic
from reconciler.parse.scope import defines
from reconciler.parse.selection import CONFIG_PATH, is_document

_HINT = {
    "RC004": "split the file, or exclude it in reconciler.yaml",
    "RC008": "commit the file itself; links are never followed",
    "RC009": "commit the files themselves; submodules are never fetched",
    "RC010": "rename it, or exclude it in reconciler.yaml",
    "RC011": "commit the content itself, or exclude the file in reconciler.yaml",
}
_KINDS = {EntryKind.SYMLINK: "RC008", EntryKind.SUBMODULE: "RC009", EntryKind.FOLDER: "RC010"}
_MESSAGES = {
    "RC008": "is a symbolic link and is not followed",
    "RC009": "is a submodule and is not fetched",
    "RC010": "cannot be used",
}


@dataclass(frozen=True, slots=True)
class Entries:
    """Documents by file in the order of paths; problems and frozen paths of entries without any."""

    groups: tuple[Group, ...]
    diagnostics: tuple[Diagnostic, ...]
    frozen: tuple[Frozen, ...]


def read_entries(
    files: Iterable[SourceFile], previous_paths: Collection[str], recollection: Recollection
) -> Entries:
    """Every document of the selected files."""
    before = sorted(previous_paths)
    groups: list[Group] = []
    problems: list[Diagnostic] = []
    frozen: list[Frozen] = []
    for file in files:
        known = recollection.group(file) if _is_plain(file) else None
        if known is not None:
            groups.append(known)
            continue
        if file.path == CONFIG_PATH:
            continue
        refused = _entry_fault(file)
        parsed = ParsedFile(fault=refused) if refused else _parsed(file, recollection)
        if parsed is None:
            continue
        if parsed.fault is None:
            groups.append(_group(file, parsed, recollection))
            continue
        held_before = _held_before(file.path, before)
        is_harmless = _is_harmless(file, held_before)
        problems.append(_problem(file, parsed.fault, is_harmless=is_harmless))
        paths = held_before or ([] if is_harmless else [file.path])
        frozen += [Frozen(position=Position(path)) for path in paths]
    return Entries(tuple(groups), tuple(problems), tuple(frozen))


def _is_plain(file: SourceFile) -> bool:
    return file.anomaly is None and file.kind is EntryKind.BLOB


def _entry_fault(file: SourceFile) -> Fault | None:
    code = "RC010" if file.anomaly else _KINDS.get(file.kind, "")
    return Fault(code, file.anomaly or _MESSAGES[code]) if code else None


def _parsed(file: SourceFile, recollection: Recollection) -> ParsedFile | None:
    """None for files that are not ours to read."""
    if not is_document(file.path):
        return None
    data = file.data
    if data is None:
        if recollection.memory.knows(file.oid):
            return recollection.file(file.oid, ParsedFile)
        return ParsedFile(fault=Fault("RC004", f"is too large to be read ({file.size} bytes)"))
    return recollection.file(file.oid, lambda: parse_file(data))


def _group(file: SourceFile, parsed: ParsedFile, recollection: Recollection) -> Group:
    read = file.load or partial(_given, file.data)
    group = Group(
        path=file.path,
        oid=file.oid,
        parsed=parsed,
        documents=tuple(
            Document(path=file.path, oid=file.oid, parsed=one, read=read)
            for one in parsed.documents
        ),
        definitions=tuple(
            one.body for one in parsed.documents if one.body is not None and defines(one.body)
        ),
    )
    recollection.take(group)
    return group


def _given(data: bytes | None) -> bytes:
    return data or b""


def _held_before(entry: str, before: list[str]) -> list[str]:
    """Paths that were the entry, or stood below it."""
    below = f"{entry}/"
    first = bisect_left(before, below)
    after = bisect_left(before, f"{entry}0")  # "0" is the character after "/"
    at = bisect_left(before, entry)
    itself = before[at : at + 1] if entry in before[at : at + 1] else []
    return itself + before[first:after]


def _is_harmless(file: SourceFile, held_before: list[str]) -> bool:
    """A link or submodule that never held documents and does not look as if it should."""
    return not held_before and not is_document(file.path) and file.kind is not EntryKind.FOLDER


def _problem(file: SourceFile, fault: Fault, *, is_harmless: bool) -> Diagnostic:
    found = diagnostic(
        fault.code,
        f"{file.path} {fault.message}",
        Position(file.path, fault.line, fault.column),
        hint=_HINT.get(fault.code, ""),
    )
    if not is_harmless:
        return found
    return Diagnostic(
        code=found.code,
        message=found.message,
        severity=Severity.WARNING,
        effect=Effect.NONE,
        position=found.position,
        hint=found.hint,
    )


def by_path(files: Mapping[str, SourceFile]) -> list[SourceFile]:
    """The files in the order of their paths."""
    return [files[path] for path in sorted(files)]
