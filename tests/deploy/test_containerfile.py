"""The image's recipe: what it promises, and its build steps run in a folder of their own."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.deploy.manifests import ROOT, the

STEPS = [
    (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1])
    for line in (ROOT / "Containerfile").read_text().replace("\\\n", " ").splitlines()
    if line.strip() and not line.startswith("#")
]
START = [number for number, (verb, _) in enumerate(STEPS) if verb == "FROM"]
BUILD, FINAL = STEPS[: START[1]], STEPS[START[1] :]


def _last(verb: str) -> str:
    return [what for one, what in FINAL if one == verb][-1]


def test_the_image_is_slim_and_runs_the_program_as_nobody_special() -> None:
    assert "slim" in _last("FROM")
    assert _last("ENTRYPOINT") == '["reconciler"]'
    user = _last("USER").partition(":")[0]
    context = the("Deployment")["spec"]["template"]["spec"]["securityContext"]
    assert int(user) == context["runAsUser"] > 0
    order = [verb for verb, _ in FINAL]
    assert order.index("USER") > max(n for n, verb in enumerate(order) if verb in {"RUN", "COPY"})


def test_the_python_is_the_one_the_project_is_made_for() -> None:
    assert "python:3.11" in _last("FROM")
    assert STEPS[0][1].removesuffix(" AS build") == _last("FROM")


def test_every_file_that_is_copied_exists_and_is_let_through() -> None:
    let_through = [
        line[1:] for line in (ROOT / ".containerignore").read_text().splitlines() if line[:1] == "!"
    ]
    for verb, what in BUILD:
        if verb == "COPY":
            for source in shlex.split(what)[:-1]:
                assert (ROOT / source).exists()
                assert any(fnmatch(source, pattern) for pattern in let_through)


def test_no_secret_is_built_in() -> None:
    text = (ROOT / "Containerfile").read_text().lower()
    assert not any(word in text for word in ("token", "password", "secret", "arg "))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_build_steps_make_a_program_that_runs(tmp_path: Path) -> None:
    """The same commands, with the image's folders moved below one of ours."""
    source, target = tmp_path / "src", tmp_path / "opt" / "reconciler"
    source.mkdir()
    for verb, what in BUILD:
        if verb == "COPY":
            *files, place = shlex.split(what)
            for name in files:
                _copied(
                    ROOT / name,
                    source / place / ("" if place.startswith("./") and len(files) == 1 else name),
                )
        if verb == "RUN":
            command = shlex.split(what.replace("/opt/reconciler", str(target)))
            command[0] = sys.executable if command[0] == "python" else command[0]
            subprocess.run(command, cwd=source, check=True, timeout=500)
    shutil.rmtree(source)
    environment = {"PATH": f"{target / 'bin'}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    for arguments in (["--help"], ["run", "--help"]):
        shown = subprocess.run(
            ["reconciler", *arguments],
            env=environment,
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        assert "Usage: reconciler" in shown.stdout


def _copied(source: Path, place: Path) -> None:
    if source.is_dir():
        shutil.copytree(
            source, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, place)
