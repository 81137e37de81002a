"""CacheStore: bytes by room and key in one SQLite file that may be deleted at any moment.

Rules: every value carries a checksum; a value that fails it, or a file that SQLite cannot read, is
as good as absent. Nothing
that is decided depends on it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path

_CHECK_BYTES = 8
_BATCH = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    room TEXT NOT NULL, key TEXT NOT NULL, checksum BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (room, key)
) WITHOUT ROWID
"""


class CacheStore:
    """Disposable memory on disk. `path` None keeps it in this process only."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._connection = self._opened()

    def get(self, room: str, key: str) -> bytes | None:
        """The value, None when it is absent or damaged."""
        return self.get_many(room, [key]).get(key)

    def get_many(self, room: str, keys: Iterable[str]) -> Mapping[str, bytes]:
        """The values that are there."""
        found: dict[str, bytes] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(batch))
            query = f"SELECT key, checksum, value FROM entry WHERE room = ? AND key IN ({marks})"  # noqa: S608 - only question marks
            rows = self._rows(query, [room, *batch])
            found |= {key: value for key, check, value in rows if check == _checksum(value)}
        return found

    def put_many(self, room: str, values: Mapping[str, bytes]) -> None:
        """Remember values; failing to is no failure."""
        rows = [(room, key, _checksum(value), value) for key, value in values.items()]
        with contextlib.suppress(sqlite3.Error), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)", rows)

    def keep_only(self, room: str, keys: Iterable[str]) -> None:
        """Forget everything in a room but these keys."""
        with contextlib.suppress(sqlite3.Error), self._connection:
            self._connection.execute("CREATE TEMP TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY)")
            self._connection.execute("DELETE FROM kept")
            self._connection.executemany(
                "INSERT OR IGNORE INTO kept VALUES (?)", [(k,) for k in keys]
            )
            self._connection.execute(
                "DELETE FROM entry WHERE room = ? AND key NOT IN (SELECT key FROM kept)", (room,)
            )

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _rows(self, query: str, values: list[str]) -> list[tuple[str, bytes, bytes]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError:
            self._connection = self._renewed()
            return []

    def _opened(self) -> sqlite3.Connection:
        if self._path is None:
            return _connected(":memory:")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _connected(str(self._path))
        except sqlite3.DatabaseError:
            return self._renewed()

    def _renewed(self) -> sqlite3.Connection:
        """A new, empty file in place of a damaged one; in memory when even that fails."""
        try:
            if self._path is not None:
                self._path.unlink(missing_ok=True)
                return _connected(str(self._path))
        except (sqlite3.Error, OSError):
            pass
        return _connected(":memory:")


def _connected(place: str) -> sqlite3.Connection:
    connection = sqlite3.connect(place, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(_SCHEMA)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _checksum(value: bytes) -> bytes:
    return blake2b(value, digest_size=_CHECK_BYTES).digest()
