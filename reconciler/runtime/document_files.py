"""One document of a YAML file, changed without touching its neighbours.

A file is cut at its `---` lines; only the chunk that holds the document is written anew, so that
comments and order of all others stay as people wrote them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.emit import emit_yaml
from reconciler.runtime.documents import document

_SEPARATOR = "---"


def with_document(text: str, kind: str, name: str, changed: Mapping[str, Any] | None) -> str:
    """The text with this document replaced, or without it (None); KeyError when it has none."""
    chunks = _chunks(text)
    for number, (separator, chunk) in enumerate(chunks):
        found = _read(chunk)
        if found is None or not _is(found, kind, name):
            continue
        if changed is None:
            del chunks[number]
        else:
            chunks[number] = (separator, emit_yaml(dict(changed)).decode())
        return _joined(chunks)
    raise KeyError(name)


def document_of(text: str, kind: str, name: str) -> dict[str, Any]:
    """This document; KeyError when the text has none."""
    for _, chunk in _chunks(text):
        found = _read(chunk)
        if found is not None and _is(found, kind, name):
            return found
    raise KeyError(name)


def _chunks(text: str) -> list[tuple[str, str]]:
    """The separator line before each document (`` for none), and the document's own lines."""
    chunks: list[tuple[str, list[str]]] = [("", [])]
    for line in text.splitlines(keepends=True):
        if line.rstrip() == _SEPARATOR or line.startswith(f"{_SEPARATOR} "):
            chunks.append((line, []))
        else:
            chunks[-1][1].append(line)
    return [(separator, "".join(lines)) for separator, lines in chunks]


def _joined(chunks: list[tuple[str, str]]) -> str:
    kept = [(separator, chunk) for separator, chunk in chunks if chunk.strip()]
    parts = [
        chunk if not number else separator + chunk for number, (separator, chunk) in enumerate(kept)
    ]
    return "".join(parts)


def _read(chunk: str) -> dict[str, Any] | None:
    try:
        found = document(chunk.encode())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _is(found: Mapping[str, Any], kind: str, name: str) -> bool:
    metadata = found.get("metadata")
    return found.get("kind") == kind and isinstance(metadata, dict) and metadata.get("name") == name
