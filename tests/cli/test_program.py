"""How the program ends: exit codes and a next step for every way to go wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = "apiVersion: fleet-reconciler.io/v1alpha1\nkind: FleetConfig\nfleetId: x\n"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program itself, in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={
            "HOME": str(folder),
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "XDG_STATE_HOME": str(folder / "s"),
        },
    )


def git(folder: Path, *arguments: str) -> None:
    """One git command."""
    who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository without a commit."""
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


@pytest.mark.parametrize("arguments", [("plan", "--bogus"), ("frobnicate",)], ids=str)
def test_a_call_nobody_understands_is_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert run(tmp_path, *arguments).returncode == 64


@pytest.mark.parametrize("verb", ["plan", "validate", "apply"])
def test_an_empty_repository_is_invalid_input(repository: Path, verb: str) -> None:
    done = run(repository, verb)
    assert done.returncode == 4
    assert "the repository has no commit" in done.stderr
    assert "push a first commit" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("plan", "--head", "gone"), ("validate", "--head", "gone"), ("apply", "--branch", "gone")],
    ids=str,
)
def test_a_missing_branch_is_invalid_input(repository: Path, arguments: tuple[str, ...]) -> None:
    (repository / "reconciler.yaml").write_text(CONFIG)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "first")
    done = run(repository, *arguments)
    assert done.returncode == 4
    assert "gone" in done.stderr


def test_a_folder_that_is_no_repository_is_an_error_with_a_next_step(tmp_path: Path) -> None:
    done = run(tmp_path, "plan")
    assert done.returncode == 1
    assert "next:" in done.stderr


def test_warnings_fail_only_when_asked_to(repository: Path) -> None:
    (repository / "reconciler.yaml").write_text(CONFIG)
    (repository / "idle.yaml").write_text(
        "apiVersion: policy.karmada.io/v1alpha1\nkind: PropagationPolicy\n"
        "metadata: {name: idle, namespace: shop}\n"
        "spec: {resourceSelectors: [{apiVersion: v1, kind: Secret}], placement: {}}\n"
    )
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "first")
    assert run(repository, "validate").returncode == 0
    strict = run(repository, "validate", "--strict")
    assert strict.returncode == 4
    assert "idle.yaml:1" in strict.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("explain", "Deployment/none", "--output", "json"), 1),
        (("plan", "--head", "gone", "--format=json"), 4),
        (("history", "--since", "yesterday", "--output", "json"), 64),
    ],
    ids=str,
)
def test_programs_read_failures_where_they_read_answers(
    repository: Path, arguments: tuple[str, ...], code: int
) -> None:
    (repository / "reconciler.yaml").write_text(CONFIG)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "first")
    done = run(repository, *arguments)
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["exitCode"]) == (code, code)
    assert error["message"]
    assert error["next"]
    assert error["message"] in done.stderr


def test_changes_have_the_exit_code_that_is_asked_for(repository: Path) -> None:
    (repository / "reconciler.yaml").write_text(CONFIG)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "first")
    (repository / "objects.yaml").write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n"
        "apiVersion: cluster.karmada.io/v1alpha1\nkind: Cluster\nmetadata: {name: eu-1}\n"
        "spec: {syncMode: Push, apiEndpoint: 'https://eu-1.example'}\n"
    )
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "second")
    assert run(repository, "plan", "--base", "HEAD~1").returncode == 0
    assert run(repository, "plan", "--base", "HEAD~1", "--detailed-exitcode").returncode == 2
    assert run(repository, "plan", "--base", "HEAD~1", "--diff-exit-code", "20").returncode == 20
    assert run(repository, "plan", "--base", "HEAD", "--diff-exit-code", "20").returncode == 0
