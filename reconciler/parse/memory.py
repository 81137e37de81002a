"""What reading one revision leaves for the next: files by blob, documents by place and blob.

Only speed: a fleet read with memory equals one read without. Each reading keeps what it used and
forgets the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from reconciler.parse.built import Built
from reconciler.parse.files import ParsedFile


@dataclass(slots=True)
class ParseMemory:
    """Two tables, each as they were after the last reading."""

    files: dict[str, ParsedFile] = field(default_factory=dict)
    documents: dict[Hashable, Built] = field(default_factory=dict)

    def knows(self, oid: str) -> bool:
        """Whether a file with this blob id needs no bytes to be read."""
        return oid in self.files


@dataclass(slots=True)
class Recollection:
    """One reading with memory: asks the old tables first, and fills the new ones."""

    memory: ParseMemory
    _used: ParseMemory = field(default_factory=ParseMemory)

    def file(self, oid: str, parse: Callable[[], ParsedFile]) -> ParsedFile:
        """The documents of a blob."""
        known = self._used.files.get(oid) or self.memory.files.get(oid) or parse()
        self._used.files[oid] = known
        return known

    def document(self, token: Hashable, build: Callable[[], Built]) -> Built:
        """What became of a document; the token names everything it depends on."""
        known = self.memory.documents.get(token) or build()
        self._used.documents[token] = known
        return known

    def keep(self) -> None:
        """Remember what this reading used, and nothing else."""
        self.memory.files = self._used.files
        self.memory.documents = self._used.documents
