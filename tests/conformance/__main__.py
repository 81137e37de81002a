"""`python -m tests.conformance FILE.jsonl…`: how many lines of each file agree, and the first that
do not.

Exit code 0 when all agree, 1 when any line disagrees, 64 without files.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from tests.conformance.comparison import first_difference
from tests.conformance.operations import OPS
from tests.conformance.runner import Disagreement, Tally, is_transcript, run_file

SHOWN: Final = 5
WIDTH: Final = 1200
USAGE: Final = 64


def cut(value: Any) -> str:
    """A value as one line of bounded width."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=repr)
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}… ({len(text)} characters)"


def show(disagreement: Disagreement) -> str:
    """Input, expected, got and where they part, below each other."""
    return (
        f"  line {disagreement.line}\n"
        f"    input:    {cut(disagreement.given)}\n"
        f"    expected: {cut(disagreement.expected)}\n"
        f"    got:      {cut(disagreement.got)}\n"
        f"    first at: {first_difference(disagreement.expected, disagreement.got)}"
    )


def report(tally: Tally) -> None:
    """One file: its figures, then its first disagreements."""
    print(f"{tally.name}: {tally.passed}/{tally.total}")
    for disagreement in tally.disagreements[:SHOWN]:
        print(show(disagreement))


def main(names: list[str]) -> int:
    """Run the files and return the exit code."""
    if not names:
        print("usage: python -m tests.conformance FILE.jsonl…", file=sys.stderr)
        return USAGE
    tallies = []
    for name in names:
        if is_transcript(Path(name)):
            print(f"{Path(name).name}: a transcript, replayed by tests/members/test_transcripts.py")
            continue
        tally = run_file(Path(name), OPS)
        report(tally)
        tallies.append(tally)
    failed = sum(len(tally.disagreements) for tally in tallies)
    print(f"{sum(tally.passed for tally in tallies)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
