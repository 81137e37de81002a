"""What the documentation says exists: verbs, links, examples that parse."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.parse.yaml import read_documents

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)")
YAML_BLOCK = re.compile(r"```ya?ml\n(.*?)```", re.DOTALL)


def test_the_reference_is_what_help_says() -> None:
    made = subprocess.run(
        [sys.executable, "tools/cli_reference.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert (ROOT / "docs" / "reference" / "cli.md").read_text().strip() == made.strip(), (
        "run python tools/cli_reference.py --write"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_yaml_in_the_documentation_parses(page: Path) -> None:
    for block in YAML_BLOCK.findall(page.read_text()):
        assert all(one.problem is None for one in read_documents(block.encode())), block


def test_examples_begin_with_two_lines_that_say_what_they_show() -> None:
    for path in sorted((ROOT / "examples" / "fleet-repo").rglob("*.yaml")):
        first, second = path.read_text().splitlines()[:2]
        assert first.startswith("# "), path
        assert second.startswith("# "), path
