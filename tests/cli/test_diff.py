"""Two versions of a file, shown by field; and as Git calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from reconciler.cli.diff import command
from tests.review.repos import config_map, deployment, documents, secret

CANARY = "canary-b3d0"


def shown(folder: Path, before: str, after: str) -> str:
    (folder / "old.yaml").write_text(before)
    (folder / "new.yaml").write_text(after)
    result = CliRunner().invoke(command, [str(folder / "old.yaml"), str(folder / "new.yaml")])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_fields_are_told_by_object(tmp_path: Path) -> None:
    before = documents(deployment(), config_map(a="1"))
    after = documents(config_map("other", a="1"), deployment(image="shop/web:2"))
    lines = shown(tmp_path, before, after).splitlines()
    assert [line.strip()[:2] for line in lines[1:]] == ["+ ", "- ", "~ ", "sp"]
    assert "containers[name=web].image  registry.example/shop/web:1.4.1 -> shop/web:2" in lines[-1]


def test_comments_and_order_are_no_change(tmp_path: Path) -> None:
    one, two = documents(config_map(a="1")), documents(deployment())
    assert shown(tmp_path, f"{one}---\n{two}", f"# words\n{two}---\n{one}") == ""


def test_secrets_are_masked(tmp_path: Path) -> None:
    before, after = documents(secret(p=CANARY)), documents(secret(p=f"{CANARY}2"))
    assert "(sensitive, changed)" in shown(tmp_path, before, after)
    assert CANARY not in shown(tmp_path, before, after)


def test_what_is_no_manifest_is_shown_by_lines(tmp_path: Path) -> None:
    assert "+two" in shown(tmp_path, "one\n", "one\ntwo\n")


def test_lines_of_a_broken_secret_are_not_shown(tmp_path: Path) -> None:
    broken = f"kind: Secret\nstringData: {{p: {CANARY}\n"
    assert CANARY not in shown(tmp_path, "kind: Secret\n", broken)


def test_git_uses_it_as_a_diff_driver(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    git("init", "-q")
    git("config", "diff.reconciler.command", f"{sys.executable} -m reconciler diff")
    (tmp_path / ".gitattributes").write_text("*.yaml diff=reconciler\n")
    (tmp_path / "web.yaml").write_text(documents(deployment()))
    git("add", "-A")
    git("commit", "-qm", "first")
    (tmp_path / "web.yaml").write_text(documents(deployment(replicas=7)))
    assert "spec.replicas  6 -> 7" in git("diff")


def test_programs_read_json(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(documents(deployment(), secret(p=CANARY)))
    (tmp_path / "new.yaml").write_text(
        documents(deployment(image="shop/web:2"), secret(p=f"{CANARY}2"))
    )
    (tmp_path / "text").write_text("one\n")
    names = [str(tmp_path / name) for name in ("old.yaml", "new.yaml", "text")]
    result = CliRunner().invoke(command, [*names[:2], "--output", "json"])
    found = json.loads(result.stdout)
    assert [one["object"]["kind"] for one in found["objects"]] == ["Secret", "Deployment"]
    assert found["objects"][1]["edits"][0]["after"] == "shop/web:2"
    assert CANARY not in result.stdout
    plain = CliRunner().invoke(command, [names[2], names[2], "--output", "json"])
    assert json.loads(plain.stdout)["objects"] == []


def test_a_file_that_is_not_there_is_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(tmp_path / "gone"), str(tmp_path / "gone")])
    assert result.exit_code == 2
    assert "gone cannot be read" in result.stderr
