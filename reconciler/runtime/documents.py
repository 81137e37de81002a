"""Documents of our own branches: read back through the same YAML reader as everything else."""

from __future__ import annotations

from typing import Any

from reconciler.adapters.writeback.branches import BranchContent
from reconciler.parse.yaml import Unreadable, read_documents


def document(data: bytes) -> Any:
    """The one document of a file of ours; ValueError when it cannot be read."""
    try:
        readings = read_documents(data)
    except Unreadable as stopped:
        raise ValueError(str(stopped.problem)) from stopped
    if len(readings) != 1 or readings[0].problem is not None:
        raise ValueError("it does not hold exactly one readable document")
    return readings[0].value


class DocumentMemory:
    """Decoded documents by blob id: the same bytes are read once."""

    def __init__(self) -> None:
        self._documents: dict[str, Any] = {}

    def get(self, oid: str) -> Any | None:
        """The decoded document, if it is remembered."""
        return self._documents.get(oid)

    def put(self, oid: str, decoded: Any) -> None:
        """Remember a decoded document."""
        self._documents[oid] = decoded


def documents_below(
    content: BranchContent, folder: str, memory: DocumentMemory
) -> dict[str, dict[str, Any]]:
    """Every document below a folder of one of our branches, by path."""
    return content.decoded(folder, document, memory)
