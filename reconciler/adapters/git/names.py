"""Names of tree entries that must not be used as they stand.

A hostile tree can hold any bytes but NUL. Nothing here is ever checked out, so the danger is not a
written file but a path that means one thing to us and another to a reviewer, a terminal or a work
tree.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

from reconciler.model.text import printable

LONGEST_NAME = 255
LONGEST_PATH = 4096


def name_anomaly(raw: bytes) -> str | None:
    """What is wrong with one name of a tree, as the rest of a sentence; None when nothing is."""
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        return "has a name that is not UTF-8"
    if len(raw) > LONGEST_NAME:
        return f"has a name longer than {LONGEST_NAME} bytes"
    return _meaning_anomaly(name)


def _meaning_anomaly(name: str) -> str | None:
    if name in {"", ".", ".."}:
        return "has a name that means a folder above or nothing"
    if "/" in name or "\\" in name:
        return "has a name with a slash or backslash in it"
    if printable(name) != name:
        return "has a name with control or invisible characters"
    if name[-1] in {" ", "."}:
        return "has a name that ends in a dot or a space"
    if name.lower() in {".git", "git~1"}:
        return "has a name that Git keeps for itself"
    return None


def shown(raw: bytes) -> str:
    """A name on one printable line, whatever its bytes."""
    return printable(raw.decode("utf-8", "backslashreplace"))


def is_hidden(raw: bytes) -> bool:
    """Whether a folder is left out: its name begins with a dot and is a name at all."""
    return raw.startswith(b".") and raw not in {b".", b".."}


def twins(paths: Iterable[str]) -> frozenset[str]:
    """Paths that a file system blind to case or to Unicode composition would merge."""
    folded = {path: _folded(path) for path in paths}
    counted = Counter(folded.values())
    if len(counted) == len(folded):
        return frozenset()
    return frozenset(path for path, key in folded.items() if counted[key] > 1)


def _folded(path: str) -> str:
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
