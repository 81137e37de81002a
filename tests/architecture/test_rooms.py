"""The architecture is a test: rooms say what they are, and nothing unfinished is left in them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "reconciler"
MODULES = sorted(PACKAGE.rglob("*.py"))
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|raise NotImplementedError)\b")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path} has no docstring"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_unfinished_is_left(path: Path) -> None:
    assert not UNFINISHED.findall(path.read_text())


def test_help_imports_no_room_but_the_command_line() -> None:
    code = (
        "import sys, reconciler.cli.program as p\n"
        "try: p.program(['--help'], prog_name='reconciler')\n"
        "except SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m.startswith(('reconciler.', 'kubernetes'))))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    loaded = set(ast.literal_eval(shown.splitlines()[-1]))
    allowed = {"reconciler.cli", "reconciler.cli.program", "reconciler.cli.table"}
    assert loaded <= allowed | {"reconciler.model", "reconciler.model.errors"}
