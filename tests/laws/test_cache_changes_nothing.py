"""The cache on disk is only speed: with it, without it, and with a damaged one the same plan comes
out, byte for byte.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.plan.formats import FORMATS, Context
from reconciler.runtime.bench.fleet import CHANGES, MadeFleet
from reconciler.runtime.bench.repository import BenchRepository
from reconciler.runtime.offline import Planner
from reconciler.runtime.repository import FleetRepository

FLEET = MadeFleet(objects=40, clusters=4)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fleet that is applied, and a commit of every kind after that."""
    folder = tmp_path_factory.mktemp("fleet")
    made = BenchRepository.made(folder, FLEET)
    for turn, kind in enumerate(CHANGES):
        made.commit(FLEET.change(kind, turn + 1))
    return folder


def planned(folder: Path, cache: Path | None, base: str = "") -> str:
    """A plan as text, and every Work of its head, made by a process that remembers nothing else."""
    plan = Planner(FleetRepository.local(folder, "main", cache)).plan(base)
    works = [
        (cluster, key, work.manifest_bytes())
        for cluster, of_cluster in plan.head.works.items()
        for key, work in of_cluster.items()
    ]
    text = FORMATS["json"](plan.head.plan, Context(base=plan.base_name, head=plan.head_name))
    return f"{text}\n{works!r}\n{dict(plan.head.overrides)!r}"


@pytest.fixture(scope="module")
def expected(repository: Path) -> str:
    """What comes out without a cache."""
    return planned(repository, None)


def test_a_warm_cache_changes_nothing(repository: Path, expected: str, tmp_path: Path) -> None:
    cache = tmp_path / "cache.db"
    assert planned(repository, cache) == expected
    assert planned(repository, cache) == expected


@pytest.mark.parametrize("back", range(1, len(CHANGES)))
def test_a_cache_filled_by_other_plans_changes_nothing(
    repository: Path, expected: str, tmp_path: Path, back: int
) -> None:
    cache, base = tmp_path / "cache.db", f"HEAD~{back}"
    planned(repository, cache, base)
    assert planned(repository, cache) == expected
    assert planned(repository, cache, base) == planned(repository, None, base)


@pytest.fixture(scope="module")
def filled(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A cache file that knows everything, as bytes."""
    cache = tmp_path_factory.mktemp("cache") / "cache.db"
    planned(repository, cache)
    with sqlite3.connect(cache) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return cache.read_bytes()


@settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    cut=st.one_of(st.none(), st.floats(0, 1)),
    flips=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 7)), max_size=40),
)
def test_a_damaged_cache_changes_nothing(
    repository: Path,
    expected: str,
    filled: bytes,
    tmp_path: Path,
    cut: float | None,
    flips: list[tuple[float, int]],
) -> None:
    data = bytearray(filled)
    for place, bit in flips:
        data[int(place * len(data))] ^= 1 << bit
    cache = tmp_path / "cache.db"
    for leftover in tmp_path.glob("cache.db*"):
        leftover.unlink()
    cache.write_bytes(data if cut is None else data[: int(cut * len(data))])
    assert planned(repository, cache) == expected


@pytest.mark.parametrize(
    "foreign", [b"", b"not a database", b"SQLite format 3\0" + bytes(200), b"{}" * 5000]
)
def test_a_foreign_file_changes_nothing(
    repository: Path, expected: str, tmp_path: Path, foreign: bytes
) -> None:
    cache = tmp_path / "cache.db"
    cache.write_bytes(foreign)
    assert planned(repository, cache) == expected


@pytest.mark.parametrize("value", [b"", b"[]", b'{"a": 1}', b'{"a": [1]}', b'{"a": [true, []]}'])
def test_values_of_another_shape_change_nothing(
    repository: Path, expected: str, filled: bytes, tmp_path: Path, value: bytes
) -> None:
    cache = tmp_path / "cache.db"
    cache.write_bytes(filled)
    repository_with = FleetRepository.local(repository, "main", cache)
    repository_with.disk.put("renderings", {"all": value})
    assert planned(repository, cache) == expected
