"""Agreement with the reference: every shared vector whose operation exists is answered as Karmada
answers it.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from tests.conformance.__main__ import main
from tests.conformance.comparison import first_difference
from tests.conformance.known_differences import KNOWN_DIFFERENCES
from tests.conformance.operations import OPS
from tests.conformance.runner import run_file, vectors

FOLDER = Path(__file__).parent / "vectors" / "karmada"


def is_answerable(path: Path) -> bool:
    """Whether the file holds vectors (not transcripts) of an operation that exists."""
    _, first = next(islice(vectors(path), 1))
    return first.get("op") in OPS


FILES = sorted(path for path in FOLDER.glob("*.jsonl.gz") if is_answerable(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".jsonl.gz"))
def test_answers_agree_with_the_reference_but_for_the_known_differences(path: Path) -> None:
    known = KNOWN_DIFFERENCES.get(path.name.removesuffix(".gz"), {})
    disagreements = {one.line: one for one in run_file(path, OPS).disagreements}
    unknown = [one for line, one in disagreements.items() if line not in known]
    if unknown:
        where = first_difference(unknown[0].expected, unknown[0].got)
        pytest.fail(f"{len(unknown)} lines differ; line {unknown[0].line}: {where}", pytrace=False)
    assert disagreements.keys() == known.keys(), (
        "a known difference agrees now: take it off the list"
    )


def test_a_line_that_is_no_vector_fails_and_a_transcript_is_left_to_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "odd.jsonl").write_text('{"x": 1}\n')
    (tmp_path / "members.jsonl").write_text('{"request": {}, "response": {}}\n')
    assert main([str(tmp_path / "odd.jsonl"), str(tmp_path / "members.jsonl")]) == 1
    said = capsys.readouterr().out
    assert "odd.jsonl: 0/1" in said
    assert "members.jsonl: a transcript" in said
    assert said.endswith("0 passed, 1 failed\n")
