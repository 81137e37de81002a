"""Recipes of pipelines: they are what they claim to be, and every command in them exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from reconciler.cli.program import program
from tests.review.repos import clusters, config, deployment, documents, propagation

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "examples" / "ci").iterdir())
GUIDES = [
    ROOT / "docs" / "guides" / f"{name}.md"
    for name in ("github-actions", "gitlab-ci", "gitea", "pre-commit", "git-diff-driver")
]
CALL = re.compile(r"reconciler ([a-z][a-z-]*)((?: +(?:\"[^\"]*\"|[^\s`;|>\"]+))*)")


def calls() -> Iterator[tuple[str, str, list[str]]]:
    """Every call of ours: file, verb, arguments."""
    for file in (*RECIPES, *GUIDES):
        for line in file.read_text().splitlines():
            is_code = file.suffix != ".md" or "`" in line
            for match in CALL.finditer(line) if is_code and not line.startswith("#") else ():
                if match[1] in program.list_commands(click.Context(program)):
                    yield file.name, match[1], shlex.split(match[2])


def test_recipes_call_us() -> None:
    found = {name for name, _, _ in calls()}
    assert {file.name for file in RECIPES} - {"gitattributes"} <= found


@pytest.mark.parametrize("call", list(calls()), ids=lambda call: f"{call[0]}-{call[1]}")
def test_every_option_in_a_recipe_exists(call: tuple[str, str, list[str]]) -> None:
    _, verb, arguments = call
    command = program.get_command(click.Context(program), verb)
    assert command is not None
    known = {name for parameter in command.params for name in parameter.opts}
    for argument in arguments:
        if argument.startswith("--"):
            assert argument.partition("=")[0] in known


@pytest.mark.parametrize("file", [one for one in RECIPES if one.suffix == ".yaml"], ids=str)
def test_recipes_are_yaml(file: Path) -> None:
    assert yaml.safe_load(file.read_text())


@pytest.mark.parametrize("name", ["github-actions.yaml", "gitea-actions.yaml"])
def test_workflows_run_on_proposals_with_the_permissions_of_proposals(name: str) -> None:
    text = (ROOT / "examples" / "ci" / name).read_text()
    workflow = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - `on` is a word here
    assert list(workflow["on"]) == ["pull_request"]
    for step in workflow["jobs"]["plan"]["steps"]:
        # What a stranger wrote never becomes part of a script.
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize("file", GUIDES, ids=lambda file: file.name)
def test_links_of_guides_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\((\.\./[^)]+)\)", file.read_text()):
        assert (file.parent / target).exists(), target


def test_the_hook_stops_a_bad_commit_and_lets_a_good_one_pass(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    ours = folder / "reconciler"
    ours.write_text(f'#!/bin/sh\nexec {sys.executable} -m reconciler "$@"\n')
    ours.chmod(0o755)
    repo = tmp_path / "fleet"
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    environment["PYTHONPATH"] = str(ROOT)

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        command = ["git", "-C", str(repo), *who, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    repo.mkdir()
    git("init", "-q")
    hook = repo / ".git" / "hooks" / "pre-commit"
    hook.write_text((ROOT / "examples" / "ci" / "pre-commit.sh").read_text())
    hook.chmod(0o755)
    files = {
        "reconciler.yaml": config(),
        "web.yaml": documents(deployment(), propagation()),
        **clusters("eu-1"),
    }
    for path, text in files.items():
        (repo / path).parent.mkdir(exist_ok=True)
        (repo / path).write_text(text)
    git("add", "-A")
    done = git("commit", "-m", "good")
    assert done.returncode == 0, done.stderr
    assert "1 placement change" in done.stdout + done.stderr
    (repo / "web.yaml").write_text("kind: [\n")
    git("add", "-A")
    assert git("commit", "-m", "bad").returncode != 0
