"""Read vectors, run the operation each names, and say which answers disagree.

A vector is one line `{"op": …, "in": …, "out": …}` or `{"op": …, "in": …, "error": "text"}`. Where
`error` stands the operation has to raise `Refused`; the text is not compared. Any other exception
is a disagreement everywhere: a crash is not an answer.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.comparison import agrees, in_any_order

Operation = Callable[[dict[str, Any]], Any]


class Refused(Exception):  # noqa: N818 - a refusal is an answer here, not an error
    """What an operation raises to say: this input fails, as the reference's `error` line does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One line answered differently; `line` counts from 1."""

    line: int
    given: Any
    expected: Any
    got: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one file came to."""

    name: str
    passed: int
    disagreements: tuple[Disagreement, ...]

    @property
    def total(self) -> int:
        """Lines of the file."""
        return self.passed + len(self.disagreements)


def vectors(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Numbered lines of a `.jsonl` or `.jsonl.gz` file."""
    packed = path.read_bytes()
    text = gzip.decompress(packed) if path.suffix == ".gz" else packed
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, json.loads(line)


def is_transcript(path: Path) -> bool:
    """Whether a file holds requests to an API server and its answers: those are replayed on the
    simulation (tests/members/test_transcripts.py).
    """
    first = next(vectors(path), None)
    return first is not None and {"request", "response"} <= first[1].keys()


def run_file(path: Path, operations: dict[str, Operation]) -> Tally:
    """Run every line of one file."""
    passed, disagreements = 0, []
    for number, vector in vectors(path):
        disagreement = run_vector(number, vector, operations)
        if disagreement is None:
            passed += 1
        else:
            disagreements.append(disagreement)
    return Tally(name=path.name, passed=passed, disagreements=tuple(disagreements))


def run_vector(
    number: int, vector: dict[str, Any], operations: dict[str, Operation]
) -> Disagreement | None:
    """None when the answer agrees."""
    if not {"op", "in"} <= vector.keys():
        return Disagreement(line=number, given=vector, expected=None, got="no vector: op or in")
    expected = f"error: {vector['error']}" if "error" in vector else vector.get("out")
    expected = in_any_order(vector["op"], expected)
    operation = operations.get(vector["op"])
    if operation is None:
        got: Any = f"no operation {vector['op']!r}"
    else:
        try:
            got = in_any_order(vector["op"], operation(vector["in"]))
        except Refused as refusal:
            if "error" in vector:
                return None
            got = f"error: {refusal}"
        except Exception as crash:  # noqa: BLE001 - reported as the answer it is not
            got = f"crash: {type(crash).__name__}: {crash}"
        else:
            if "error" not in vector and agrees(expected, got):
                return None
    return Disagreement(line=number, given=vector["in"], expected=expected, got=got)
