"""What a plan loads before it begins: a commit hook runs it often, and most of a small plan is its
start.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.review.conftest import repo_of
from tests.review.scenarios import an_image_bumped

#: Libraries that a plan of a valid fleet without scripts has no use for.
UNNEEDED = {
    "aiohttp",
    "apscheduler",
    "asyncio",
    "jinja2",
    "jsonschema",
    "kubernetes",
    "lupa",
    "prometheus_client",
    "pygments",
    "rich",
    "structlog",
}


def test_a_plan_loads_no_library_it_has_no_use_for(tmp_path: Path) -> None:
    repo, base, head = repo_of(an_image_bumped, tmp_path / "fleet")
    command = ["plan", "--repo", repo.git.path, "--base", base, "--head", head]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "reconciler", *command],
        capture_output=True,
        text=True,
        check=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "XDG_STATE_HOME": str(tmp_path / "state"),
        },
    )
    assert "1.4.1 -> registry.example/shop/web:1.5.0" in done.stdout
    loaded = {one.partition(".")[0] for one in re.findall(r"\| +(\S+)$", done.stderr, re.MULTILINE)}
    assert "reconciler" in loaded
    assert not UNNEEDED & loaded
