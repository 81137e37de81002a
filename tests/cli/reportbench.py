"""A fleet repo whose reports a test writes, as a running hub would."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from reconciler.cli.program import program
from reconciler.model.identity import ObjectKey
from reconciler.model.report import FleetReport, Health, MemberStatus, TemplateStatus
from reconciler.model.source import Move
from reconciler.runtime.repository import FleetRepository
from reconciler.status.documents import status_files

WEB = ObjectKey("apps", "Deployment", "shop", "web")
SETTINGS = ObjectKey("", "ConfigMap", "shop", "settings")
SINCE = "2026-01-01T00:00:00Z"


class ReportBench:
    """One repository with a source branch and a status branch."""

    def __init__(self, folder: Path) -> None:
        self.repo = folder / "fleet"
        self.repo.mkdir()
        self._git("init", "-q", "-b", "main")
        self._git("config", "user.name", "Alex Example")
        self._git("config", "user.email", "alex@shop.example")
        self._last: FleetReport | None = None

    def commit(self, message: str = "change") -> str:
        """A commit on the source branch; its id."""
        self._git("commit", "-q", "--allow-empty", "-m", message)
        return self._git("rev-parse", "HEAD").strip()

    def report(self, revision: str, *templates: TemplateStatus, **fields: Any) -> None:
        """What a pass over this revision found, as a commit of the status branch."""
        report = FleetReport(
            source_commit=revision, templates={one.key: one for one in templates}, **fields
        )
        repository = FleetRepository.local(self.repo)
        branch, content = repository.status_branch(), repository.status()
        files = status_files(report, self._last.templates if self._last else {})
        now = datetime(2026, 1, 1, tzinfo=UTC)
        move = branch.propose(content, files, message="Report", time=now)
        assert move is not None
        repository.writer.push([Move(ref=branch.ref, expected=content.tip, new=move.new)])
        self._last = report

    def run(self, *arguments: str) -> Result:
        """The program on this repository."""
        return CliRunner().invoke(program, [*arguments, "--repo", str(self.repo)])

    def _git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(self.repo), *arguments], check=True, capture_output=True, text=True
        ).stdout


def on(cluster: str, message: str = "", **fields: Any) -> MemberStatus:
    """A template on a cluster: healthy, or unhealthy for a reason."""
    health = Health.UNHEALTHY if message else Health.HEALTHY
    known = {"applied": True, "health": health, "message": message, "since": SINCE, **fields}
    return MemberStatus(cluster=cluster, **known)


def a_status(key: ObjectKey, *members: MemberStatus, **fields: Any) -> TemplateStatus:
    """A template's status over these members."""
    return TemplateStatus(
        key=key,
        api_version="apps/v1" if key.group else "v1",
        members=members,
        expected=len(members),
        **fields,
    )
