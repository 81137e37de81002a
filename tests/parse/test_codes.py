"""Codes and their documentation say the same."""

from __future__ import annotations

import re
from pathlib import Path

from reconciler.model.codes import CODES

ROOT = Path(__file__).parents[2]
PARAGRAPH = re.compile(r"^\*\*(RC\d{3}) — ([^*]+)\.\*\* ", re.MULTILINE)
USED = re.compile(r'"(RC\d{3})"')


def paragraphs() -> dict[str, str]:
    return dict(PARAGRAPH.findall((ROOT / "docs" / "diagnostics.md").read_text()))


def test_every_code_has_a_paragraph_with_its_title_and_every_paragraph_a_code() -> None:
    assert paragraphs() == {code: known.title for code, known in CODES.items()}


def used_below(folder: Path) -> set[str]:
    files = [file for file in folder.rglob("*.py") if file.name != "codes.py"]
    return {code for file in files for code in USED.findall(file.read_text())}


def test_every_code_used_anywhere_is_known() -> None:
    assert used_below(ROOT / "reconciler") <= set(CODES)


def test_every_code_of_reading_documents_is_used_by_the_room() -> None:
    assert used_below(ROOT / "reconciler" / "parse") == {code for code in CODES if code < "RC040"}
