"""What readings leave for the next ones: files by blob, documents by place and blob.

Only speed: a fleet read with memory equals one read without. What the last few readings used is
kept, for two revisions are read in turn, and the same document must stay the same object: stages
know by that what did not change. The rest is forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.model.source import SourceFile
from reconciler.parse.built import Built
from reconciler.parse.files import ParsedFile
from reconciler.parse.problems import Document
from reconciler.parse.stored import read_back, stored

#: Readings that are remembered: base and head, and what stands behind frozen documents.
READINGS: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The documents of one file in order, and the bodies among them that define kinds."""

    path: str
    oid: str
    parsed: ParsedFile
    documents: tuple[Document, ...]
    definitions: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, eq=False)
class BuiltGroup:
    """What became of the documents of a file under the settings that all files share.

    `known` has by number what a document was built to, and the token of all it depends on.
    `is_final`: nothing else than the settings decides, for no document was refused.
    """

    group: Group
    context: object
    built: tuple[Built, ...]
    known: Mapping[int, tuple[Hashable, Built]]
    is_final: bool


@dataclass(slots=True)
class Reading:
    """What one reading used: files by blob id, their documents and what became of them by path."""

    files: dict[str, ParsedFile] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    final: dict[Group, BuiltGroup] = field(default_factory=dict)
    others: dict[Group, BuiltGroup] = field(default_factory=dict)


class ParseMemory:
    """The last readings, newest first. `disk` holds files as bytes by blob id, what it lacks is
    found in `unstored` afterwards.
    """

    def __init__(self) -> None:
        self._readings: deque[Reading] = deque(maxlen=READINGS)
        self._contexts: deque[object] = deque(maxlen=READINGS)
        self.disk: Mapping[str, bytes] = {}
        self.unstored: dict[str, bytes] = {}

    @property
    def newest(self) -> Mapping[str, ParsedFile]:
        """Files of the last reading by blob id."""
        return self._readings[0].files if self._readings else {}

    def knows(self, oid: str) -> bool:
        """Whether a file with this blob id needs no bytes to be read."""
        return any(oid in one.files for one in self._readings)

    def unknown(self, oids: Iterable[str]) -> list[str]:
        """Those of the blob ids that have to be read."""
        return [oid for oid in oids if not self.knows(oid)]

    def file(self, oid: str) -> ParsedFile | None:
        """The documents of a blob, as an earlier reading or the disk has them."""
        for one in self._readings:
            if oid in one.files:
                return one.files[oid]
        data = self.disk.get(oid)
        return None if data is None else read_back(data)

    def group(self, file: SourceFile) -> Group | None:
        """The documents that stood in an equal file at this path."""
        for one in self._readings:
            known = one.groups.get(file.path)
            if known is not None and known.oid == file.oid:
                return known
        return None

    def final(self, group: Group, context: object) -> BuiltGroup | None:
        """What became of these documents in this context, when nothing else decided."""
        for one in self._readings:
            known = one.final.get(group)
            if known is not None and known.context is context:
                return known
        return None

    def built(self, group: Group) -> BuiltGroup | None:
        """What became of these documents when they were last read."""
        for one in self._readings:
            known = one.final.get(group) or one.others.get(group)
            if known is not None:
                return known
        return None

    def context(self, content: object) -> object:
        """The one object that stands for an equal content while it is remembered."""
        for known in self._contexts:
            if known == content:
                return known
        self._contexts.append(content)
        return content

    def note(self, oid: str, parsed: ParsedFile) -> None:
        """A file that was read anew."""
        data = stored(parsed)
        if data is not None:
            self.unstored[oid] = data

    def keep(self, reading: Reading) -> None:
        """Remember what a reading used, and forget the oldest one."""
        self._readings.appendleft(reading)


@dataclass(slots=True)
class Recollection:
    """One reading with memory: asks the earlier ones first, and notes what it used."""

    memory: ParseMemory
    _used: Reading = field(default_factory=Reading)

    def file(self, oid: str, parse: Callable[[], ParsedFile]) -> ParsedFile:
        """The documents of a blob."""
        known = self._used.files.get(oid) or self.memory.file(oid)
        if known is None:
            known = parse()
            self.memory.note(oid, known)
        self._used.files[oid] = known
        return known

    def group(self, file: SourceFile) -> Group | None:
        """The documents of an equal file at the same path."""
        known = self.memory.group(file)
        if known is not None:
            self.take(known)
        return known

    def take(self, group: Group) -> None:
        """Note the documents of a file."""
        self._used.files[group.oid] = group.parsed
        self._used.groups[group.path] = group

    def built(
        self, group: Group, context: object, build: Callable[[BuiltGroup | None], BuiltGroup]
    ) -> BuiltGroup:
        """What became of the documents of a file; `build` is given what became of them before."""
        known = self.memory.final(group, context)
        if known is not None:
            self._used.final[group] = known
            return known
        known = build(self.memory.built(group))
        (self._used.final if known.is_final else self._used.others)[group] = known
        return known

    def keep(self) -> None:
        """Remember what this reading used."""
        self.memory.keep(self._used)
