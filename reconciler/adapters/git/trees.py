"""Tree objects read raw: entries as they are stored, and the flat listing of a whole tree.

Strategy: trees are decoded from their bytes rather than through library objects: that is faster,
and a tree that is out of order or names an entry twice is seen as it is. A listing remembers each
folder by (place, tree id), so listing the next commit reads only the trees that changed. Depth and
count are bounded, because a few kilobytes of nested trees can stand for 10^10 paths.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import pygit2

from reconciler.adapters.git.names import LONGEST_PATH, is_hidden, name_anomaly, shown, twins
from reconciler.model.errors import SourceUnavailable
from reconciler.model.source import EntryKind, SourceEntry

MOST_ENTRIES = 1_000_000
DEEPEST = 100

FOLDER_MODE = 0o40000
FILE_MODE = 0o100644
_BLOB_MODES = frozenset({0o100644, 0o100755, 0o100664, 0o100600})
_LINK_MODE = 0o120000
_SUBMODULE_MODE = 0o160000
_OID_BYTES = 20
# The source, state, status and a few works branches are listed in turns.
_REMEMBERED = 8

# Path with a slash at its end, tree id, and the flaw of a folder on the way.
_Place = tuple[str, bytes, str | None]


class RawEntry(NamedTuple):
    """One entry as stored in a tree object."""

    mode: int
    name: bytes
    oid: bytes


def raw_entries(data: bytes) -> Iterator[RawEntry]:
    """Decode a tree object; raises ValueError when its bytes are damaged."""
    position = 0
    while position < len(data):
        space = data.index(b" ", position)
        end = data.index(b"\0", space)
        oid = data[end + 1 : end + 1 + _OID_BYTES]
        if len(oid) != _OID_BYTES:
            raise ValueError("truncated tree")
        yield RawEntry(int(data[position:space], 8), data[space + 1 : end], oid)
        position = end + 1 + _OID_BYTES


def read_tree(odb: pygit2.Odb, oid: bytes) -> list[RawEntry]:
    """The entries of a stored tree; raises `SourceUnavailable`."""
    try:
        _, data = odb.read(pygit2.Oid(raw=oid))
        return list(raw_entries(data))
    except (KeyError, ValueError, pygit2.GitError):
        raise SourceUnavailable(
            f"tree {oid.hex()} is missing or damaged", hint="fetch the repository anew"
        ) from None


@dataclass(frozen=True, slots=True)
class _Folder:
    """What one tree holds directly: its entries, and the trees below with their flaws."""

    entries: tuple[SourceEntry, ...]
    below: tuple[_Place, ...]


@dataclass(frozen=True, slots=True)
class _Listing:
    """A whole tree as it was listed."""

    folders: Mapping[_Place, _Folder]
    entries: Mapping[str, SourceEntry]


class Lister:
    """Flat listings of one repository's trees."""

    def __init__(self, odb: pygit2.Odb, *, most_blob_bytes: int) -> None:
        self._odb = odb
        self._most_blob_bytes = most_blob_bytes
        self._recent: OrderedDict[bytes, _Listing] = OrderedDict()

    def entries(self, root: bytes) -> Mapping[str, SourceEntry]:
        """Everything outside hidden folders, by path in ascending order."""
        listing = self._recent.pop(root, None) or self._listing(root)
        self._recent[root] = listing
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        return listing.entries

    def _listing(self, root: bytes) -> _Listing:
        seen: dict[_Place, _Folder] = {}
        found: dict[str, SourceEntry] = {}
        todo: list[_Place] = [("", root, None)]
        while todo:
            place = todo.pop()
            folder = seen[place] = self._known(place) or self._folder(place)
            for entry in folder.entries:
                known = entry.path in found
                found[entry.path] = (
                    replace(entry, anomaly="appears twice in its folder") if known else entry
                )
            todo.extend(folder.below)
            if len(found) + len(seen) > MOST_ENTRIES:
                raise SourceUnavailable(f"the tree has more than {MOST_ENTRIES} entries")
        return _Listing(seen, _marked_twins(dict(sorted(found.items()))))

    def _known(self, place: _Place) -> _Folder | None:
        for listing in reversed(self._recent.values()):
            folder = listing.folders.get(place)
            if folder is not None:
                return folder
        return None

    def _folder(self, place: _Place) -> _Folder:
        prefix, oid, inherited = place
        entries: list[SourceEntry] = []
        below: list[_Place] = []
        for raw in read_tree(self._odb, oid):
            path = prefix + shown(raw.name)
            flaw = name_anomaly(raw.name)
            anomaly = inherited or flaw
            if raw.mode != FOLDER_MODE:
                entries.append(self._entry(path, raw, anomaly))
            elif prefix.count("/") >= DEEPEST or len(path) > LONGEST_PATH:
                too_deep = f"is deeper than {DEEPEST} folders or {LONGEST_PATH} characters"
                entries.append(_entry(path, raw, EntryKind.FOLDER, 0, too_deep))
            elif not is_hidden(raw.name):
                of_folder = f"lies in a folder that {flaw}" if flaw is not None else None
                below.append((f"{path}/", raw.oid, inherited or of_folder))
        return _Folder(tuple(entries), tuple(below))

    def _entry(self, path: str, raw: RawEntry, anomaly: str | None) -> SourceEntry:
        if raw.mode == _LINK_MODE:
            return _entry(path, raw, EntryKind.SYMLINK, 0, "is a symbolic link")
        if raw.mode == _SUBMODULE_MODE:
            return _entry(path, raw, EntryKind.SUBMODULE, 0, "is a submodule")
        if raw.mode not in _BLOB_MODES:
            return _entry(path, raw, EntryKind.BLOB, 0, "has a mode that no file has")
        size = self._size(path, raw.oid)
        if size > self._most_blob_bytes:
            anomaly = f"has {size} bytes, more than the {self._most_blob_bytes} allowed"
        elif len(path) > LONGEST_PATH:
            anomaly = f"has a path longer than {LONGEST_PATH} characters"
        return _entry(path, raw, EntryKind.BLOB, size, anomaly)

    def _size(self, path: str, oid: bytes) -> int:
        """From the object's header: nothing is loaded."""
        try:
            _, size = self._odb.read_header(pygit2.Oid(raw=oid))
        except (KeyError, ValueError, pygit2.GitError):
            raise SourceUnavailable(
                f"the content of {path} is missing or damaged", hint="fetch the repository anew"
            ) from None
        return int(size)


def _entry(
    path: str, raw: RawEntry, kind: EntryKind, size: int, anomaly: str | None
) -> SourceEntry:
    return SourceEntry(path=path, oid=raw.oid.hex(), size=size, kind=kind, anomaly=anomaly)


def _marked_twins(entries: dict[str, SourceEntry]) -> dict[str, SourceEntry]:
    for path in twins(entries):
        if entries[path].anomaly is None:
            entries[path] = replace(
                entries[path],
                anomaly="has a path that differs from another only in case or accents",
            )
    return entries


def changed_paths(
    odb: pygit2.Odb, before: bytes | None, after: bytes | None
) -> Iterator[tuple[str, bytes | None, bytes | None]]:
    """Every entry outside hidden folders that differs: path, id before, id after.

    A changed mode is a difference too: the same bytes as a file and as a link are two things.
    """
    todo: list[tuple[str, bytes | None, bytes | None]] = [("", before, after)]
    visited = 0
    while todo:
        prefix, old, new = todo.pop()
        olds, news = _by_name(odb, old), _by_name(odb, new)
        visited += len(olds) + len(news)
        if visited > 2 * MOST_ENTRIES:
            raise SourceUnavailable(f"the trees differ in more than {MOST_ENTRIES} entries")
        for name in olds.keys() | news.keys():
            path = prefix + shown(name)
            was, now = olds.get(name), news.get(name)
            if was == now:
                continue
            if (_is_folder(was) or _is_folder(now)) and not is_hidden(name):
                todo.append((f"{path}/", _folder_oid(was), _folder_oid(now)))
            if _leaf(was) != _leaf(now):
                yield path, _leaf_oid(was), _leaf_oid(now)


def _by_name(odb: pygit2.Odb, oid: bytes | None) -> dict[bytes, RawEntry]:
    return {entry.name: entry for entry in read_tree(odb, oid)} if oid is not None else {}


def _is_folder(entry: RawEntry | None) -> bool:
    return entry is not None and entry.mode == FOLDER_MODE


def _folder_oid(entry: RawEntry | None) -> bytes | None:
    return entry.oid if entry is not None and entry.mode == FOLDER_MODE else None


def _leaf(entry: RawEntry | None) -> RawEntry | None:
    return entry if entry is not None and entry.mode != FOLDER_MODE else None


def _leaf_oid(entry: RawEntry | None) -> bytes | None:
    leaf = _leaf(entry)
    return leaf.oid if leaf is not None else None
