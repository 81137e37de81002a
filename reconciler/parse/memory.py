"""What readings leave for the next ones: files by blob, documents by place and blob.

Only speed: a fleet read with memory equals one read without. What the last few readings used is
kept, for two revisions are read in turn, and the same document must stay the same object: stages
know by that what did not change. The rest is forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.parse.built import Built
from reconciler.parse.files import ParsedFile
from reconciler.parse.stored import read_back, stored

#: Readings that are remembered: base and head, and what stands behind frozen documents.
READINGS: Final = 4


@dataclass(slots=True)
class Reading:
    """What one reading used."""

    files: dict[str, ParsedFile] = field(default_factory=dict)
    documents: dict[Hashable, Built] = field(default_factory=dict)


class ParseMemory:
    """The last readings, newest first. `disk` holds files as bytes by blob id, what it lacks is
    found in `unstored` afterwards.
    """

    def __init__(self) -> None:
        self._readings: deque[Reading] = deque(maxlen=READINGS)
        self.disk: Mapping[str, bytes] = {}
        self.unstored: dict[str, bytes] = {}

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

    def document(self, token: Hashable) -> Built | None:
        """What became of a document in an earlier reading."""
        for one in self._readings:
            if token in one.documents:
                return one.documents[token]
        return None

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

    def document(self, token: Hashable, build: Callable[[], Built]) -> Built:
        """What became of a document; the token names everything it depends on."""
        known = self.memory.document(token) or build()
        self._used.documents[token] = known
        return known

    def keep(self) -> None:
        """Remember what this reading used."""
        self.memory.keep(self._used)
