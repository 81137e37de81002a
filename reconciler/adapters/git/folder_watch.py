"""Changes of a repository on this machine: what its refs look like from outside, for little.

Git moves a ref by renaming a file over another, so size, time and inode of a few files tell of
every push; none of them is read.
"""

from __future__ import annotations

from pathlib import Path

Marks = tuple[tuple[int, int, int], ...]

_NOTHING = (0, 0, 0)
_FILES = ("HEAD", "packed-refs", "refs/heads")


def folder_marks(folder: Path, branch: str) -> Marks:
    """Marks that differ once HEAD, the branch or packed refs were written; `folder` is the .git."""
    return tuple(_mark(folder / name) for name in (*_FILES, f"refs/heads/{branch}"))


def _mark(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return _NOTHING
    return (found.st_mtime_ns, found.st_size, found.st_ino)
