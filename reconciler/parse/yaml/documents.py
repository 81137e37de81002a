"""Split a stream into documents as Kubernetes does: at lines, before any YAML is read.

Rules (k8s.io/apimachinery, util/yaml, YAMLReader): a line that is `---`, optionally followed by
white space and a comment, ends the document before it; where nothing stands before it, it belongs
to the next one. A quoted scalar that contains such a line is therefore cut in two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# Go's strings.TrimSpace, over the rest of the line; NEL and NBSP are the two that are not ASCII.
_SEPARATOR: Final = re.compile(
    rb"^---(?:[ \t\v\f\r]|\xc2\x85|\xc2\xa0)*(?:\#[^\n]*)?(?:\n|\Z)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The bytes of one document, the line of the file they begin at, from 1, and their offset."""

    first_line: int
    offset: int
    data: bytes


def split_documents(data: bytes) -> Iterator[Chunk]:
    """Every document of a stream in order; an empty stream has none."""
    first_line, begin = 1, 0
    for separator in _SEPARATOR.finditer(data):
        if separator.start() == begin:
            continue
        yield Chunk(first_line, begin, data[begin : separator.start()])
        first_line += data.count(b"\n", begin, separator.end())
        begin = separator.end()
    if begin < len(data):
        yield Chunk(first_line, begin, data[begin:])
