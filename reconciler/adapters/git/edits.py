"""A tree changed by touching only the folders on the way to what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pygit2.enums import ObjectType

from reconciler.adapters.git.names import name_anomaly
from reconciler.adapters.git.objects import Objects, object_id
from reconciler.adapters.git.trees import FILE_MODE, FOLDER_MODE, RawEntry

ReadTree = Callable[[bytes], Iterable[RawEntry]]
# A folder of changes: bytes to write, None to remove, or a folder below.
_Folder = dict[bytes, "bytes | _Folder | None"]


def edited(
    read: ReadTree, objects: Objects, base: bytes | None, changes: Mapping[str, bytes | None]
) -> bytes:
    """The id of `base` with the changes made; equal to `base` exactly when no byte changes.

    Folders that become empty vanish. Raises ValueError for a path no tree may hold, and for a file
    and a folder of one name.
    """
    changed = _apply(read, objects, base, _nested(changes))
    return changed if changed is not None else objects.put(ObjectType.TREE, b"")


def _nested(changes: Mapping[str, bytes | None]) -> _Folder:
    root: _Folder = {}
    for path, content in changes.items():
        *folders, name = _parts(path)
        folder = root
        for part in folders:
            below = folder.setdefault(part, {})
            if not isinstance(below, dict):
                raise ValueError(f"{path!r} lies below a file")  # noqa: TRY004 - a bad value
            folder = below
        if isinstance(folder.get(name), dict):
            raise ValueError(f"{path!r} is a folder")  # noqa: TRY004 - a bad value
        folder[name] = content
    return root


def _parts(path: str) -> list[bytes]:
    parts = [part.encode() for part in path.split("/")]
    for part in parts:
        anomaly = name_anomaly(part)
        if anomaly is not None:
            raise ValueError(f"a part of {path!r} {anomaly}")
    return parts


def _apply(read: ReadTree, objects: Objects, base: bytes | None, changes: _Folder) -> bytes | None:
    """The new tree's id, None for an empty tree. Depth is that of our own paths."""
    before = {entry.name: entry for entry in read(base)} if base is not None else {}
    after = dict(before)
    for name, change in changes.items():
        entry = _changed(read, objects, before.get(name), change, name)
        if entry is None:
            after.pop(name, None)
        else:
            after[name] = entry
    if not after:
        return None
    if base is not None and after == before:
        return base
    return objects.put(ObjectType.TREE, _stored(after.values()))


def _changed(
    read: ReadTree,
    objects: Objects,
    entry: RawEntry | None,
    change: bytes | _Folder | None,
    name: bytes,
) -> RawEntry | None:
    match change:
        case None:
            # Removing a file never removes a folder that has its name.
            return entry if entry is not None and entry.mode == FOLDER_MODE else None
        case bytes():
            written = RawEntry(FILE_MODE, name, object_id(ObjectType.BLOB, change))
            if written != entry:
                objects.put(ObjectType.BLOB, change)
            return written
        case _:
            return _changed_folder(read, objects, entry, change, name)


def _changed_folder(
    read: ReadTree, objects: Objects, entry: RawEntry | None, change: _Folder, name: bytes
) -> RawEntry | None:
    is_folder = entry is not None and entry.mode == FOLDER_MODE
    oid = _apply(read, objects, entry.oid if entry is not None and is_folder else None, change)
    if oid is not None:
        return RawEntry(FOLDER_MODE, name, oid)
    # Nothing was put below: what is there, if it is a file, stays.
    return None if is_folder else entry


def _stored(entries: Iterable[RawEntry]) -> bytes:
    """Git's order: by name, a folder as if its name ended in a slash."""
    ordered = sorted(
        entries, key=lambda entry: entry.name + b"/" if entry.mode == FOLDER_MODE else entry.name
    )
    return b"".join(b"%o %s\0%s" % entry for entry in ordered)
