"""Who is sitting here: the identity a person's own commits carry.

Configuration outside the repository is not read anywhere else; here it is, because this is the one
commit that is not ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pygit2

from reconciler.adapters.git.store import GitStore
from reconciler.model.errors import SettingsInvalid
from reconciler.model.source import Identity


def person(store: GitStore, environment: Mapping[str, str] | None = None) -> Identity:
    """From `GIT_AUTHOR_*`, the repository, or the user; else `SettingsInvalid`."""
    values = os.environ if environment is None else environment
    name, email = values.get("GIT_AUTHOR_NAME", ""), values.get("GIT_AUTHOR_EMAIL", "")
    for config in _configs(store, values):
        name = name or _value(config, "user.name")
        email = email or _value(config, "user.email")
    if not name or not email:
        raise SettingsInvalid(
            "it is not known who you are",
            hint='run `git config user.name "…"` and `git config user.email "…"`',
        )
    return Identity(name=name, email=email)


def _configs(store: GitStore, values: Mapping[str, str]) -> Iterator[pygit2.Config]:
    yield store.repository.config
    home = Path(values.get("HOME") or Path.home())
    xdg = Path(values.get("XDG_CONFIG_HOME") or home / ".config")
    for path in (home / ".gitconfig", xdg / "git" / "config"):
        if path.is_file():
            yield pygit2.Config(str(path))


def _value(config: pygit2.Config, key: str) -> str:
    return str(config[key]) if key in config else ""
