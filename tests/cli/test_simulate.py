"""`reconciler simulate` serves until it is told to end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path


def test_it_serves_what_it_says_and_ends_when_told(tmp_path: Path) -> None:
    folder = tmp_path / "kubeconfigs"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "reconciler", "simulate", "--clusters", "2"),
            *("--output", "json", "--state", str(tmp_path / "members.db")),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    with process.stdout as lines:
        text = ""
        while not text.endswith("}\n") or text.count("{") != text.count("}"):
            text += lines.readline()
        endpoints = json.loads(text)
        assert set(endpoints) == {"member1", "member2"}
        place = endpoints["member2"]["url"] + "/version"
        with urllib.request.urlopen(place, timeout=10) as answer:  # noqa: S310 - loopback
            assert json.loads(answer.read())["minor"] == "36"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert not folder.exists()


def test_a_version_that_nobody_simulates_is_usage(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "simulate", "--version", "9.9"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 64
    assert "version must be 1.20 to" in done.stderr
