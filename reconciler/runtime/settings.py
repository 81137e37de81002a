"""Start-up settings: what the operator says, as opposed to what the fleet repo says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.adapters.git import Credentials
from reconciler.adapters.members.pacing import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one hub runs.

    `repo` is a path or URL; `branch` `` means the remote's HEAD. `workdir` holds the mirror, the
    cache and the lock; all
    but the lock may be deleted at any time. `credentials` is the folder of the members' secrets.
    """

    repo: str
    branch: str = ""
    workdir: Path
    credentials: Path | None = None
    git: Credentials = field(default_factory=Credentials)
    limits: Limits = field(default_factory=Limits)
    poll_seconds: float = 30.0
    members_at_once: int = 64

    @property
    def lock(self) -> Path:
        """The file that says which hub is running."""
        return self.workdir / "hub.lock"

    @property
    def cache(self) -> Path:
        """Parsed documents."""
        return self.workdir / "cache.db"

    @property
    def mirror(self) -> Path:
        """The bare mirror of a remote repository."""
        return self.workdir / "mirror.git"


def default_workdir(repo: str, environment: Mapping[str, str] | None = None) -> Path:
    """A folder of this user for one repository, below XDG_STATE_HOME."""
    values = os.environ if environment is None else environment
    state = Path(values.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    name = "".join(char if char.isalnum() else "-" for char in repo).strip("-")[-80:]
    return state / "fleet-reconciler" / (name or "fleet")


def git_credentials(environment: Mapping[str, str] | None = None) -> Credentials:
    """Git credentials from `RECONCILER_GIT_*`; secrets have no place on a command line."""
    values = os.environ if environment is None else environment

    def path(name: str) -> Path | None:
        return Path(values[name]) if values.get(name) else None

    return Credentials(
        username=values.get("RECONCILER_GIT_USERNAME", ""),
        password=values.get("RECONCILER_GIT_PASSWORD", ""),
        ssh_key=path("RECONCILER_GIT_SSH_KEY"),
        ssh_passphrase=values.get("RECONCILER_GIT_SSH_PASSPHRASE", ""),
        known_hosts=path("RECONCILER_GIT_KNOWN_HOSTS"),
        ca_file=path("RECONCILER_GIT_CA_FILE"),
        proxy=values.get("RECONCILER_GIT_PROXY", ""),
    )
