"""From command-line options to start-up settings."""

from __future__ import annotations

from pathlib import Path

from reconciler.runtime.settings import Settings, default_workdir, git_credentials


def settings_of(
    *, repo: str, branch: str, workdir: Path | None, credentials: Path | None
) -> Settings:
    """The settings of a hub; Git credentials come from `RECONCILER_GIT_*`."""
    place = str(Path(repo).resolve()) if Path(repo).exists() else repo
    return Settings(
        repo=place,
        branch=branch,
        workdir=workdir or default_workdir(place),
        credentials=credentials,
        git=git_credentials(),
    )
