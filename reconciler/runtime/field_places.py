"""Where fields stand in the files of one revision of a repository."""

from __future__ import annotations

from reconciler.parse.places import Places
from reconciler.runtime.repository import FleetRepository


def places_of(repository: FleetRepository, revision: str) -> Places:
    """Reads files when they are asked about; `` is a revision without files."""
    tree = repository.store.tree(revision) if revision else None

    def read(path: str) -> bytes | None:
        entry = tree.entries.get(path) if tree is not None else None
        return tree.read(entry.oid) if tree is not None and entry is not None else None

    return Places(read)
