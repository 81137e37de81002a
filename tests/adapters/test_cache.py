"""The cache remembers, and any damage to it only costs time."""

from __future__ import annotations

from pathlib import Path

from reconciler.adapters.cache import CacheStore


def test_what_was_put_is_found_after_reopening(tmp_path: Path) -> None:
    first = CacheStore(tmp_path / "cache.db")
    first.put_many("parsed", {"a": b"1", "b": b"2"})
    first.close()
    assert CacheStore(tmp_path / "cache.db").get_many("parsed", ["a", "b", "c"]) == {
        "a": b"1",
        "b": b"2",
    }


def test_rooms_do_not_see_each_other() -> None:
    cache = CacheStore()
    cache.put_many("parsed", {"a": b"1"})
    assert cache.get("rendered", "a") is None


def test_a_damaged_value_is_absent(tmp_path: Path) -> None:
    cache = CacheStore(tmp_path / "cache.db")
    cache.put_many("parsed", {"a": b"1"})
    cache._connection.execute("UPDATE entry SET value = x'00'")
    assert cache.get("parsed", "a") is None


def test_a_file_that_is_no_database_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    path.write_bytes(b"not a database" * 1000)
    cache = CacheStore(path)
    cache.put_many("parsed", {"a": b"1"})
    assert cache.get("parsed", "a") == b"1"


def test_only_what_is_still_wanted_stays() -> None:
    cache = CacheStore()
    cache.put_many("parsed", {str(number): b"x" for number in range(2000)})
    cache.keep_only("parsed", ["7", "1999"])
    assert set(cache.get_many("parsed", [str(number) for number in range(2000)])) == {"7", "1999"}
