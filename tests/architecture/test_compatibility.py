"""docs/compatibility.md says what the vectors say: every file, its size, and what differs."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from tests.conformance.known_differences import KNOWN_DIFFERENCES

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors" / "karmada"
TEXT = (ROOT / "docs" / "compatibility.md").read_text()
FILES = sorted(path for path in VECTORS.glob("*.jsonl.gz") if not path.name.startswith("members-"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_table_counts_every_line(path: Path) -> None:
    name = path.name.removesuffix(".jsonl.gz")
    row = re.search(rf"^\| {name} \| .* \| (\d+)/(\d+) \|$", TEXT, re.MULTILINE)
    assert row is not None, f"{name} is missing: python tools/compatibility.py --write"
    with gzip.open(path) as lines:
        total = sum(1 for _ in lines)
    differing = len(KNOWN_DIFFERENCES.get(path.name, {}))
    assert (int(row[1]), int(row[2])) == (total - differing, total)


def test_every_known_difference_has_its_reason_there() -> None:
    for file, lines in KNOWN_DIFFERENCES.items():
        for line in lines:
            assert f"{file.removesuffix('.gz')}:{line}" in TEXT
