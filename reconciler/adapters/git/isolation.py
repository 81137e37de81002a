"""libgit2 cut off from the machine it runs on: one process-wide setting, made once.

Neither the system's, nor the user's configuration is read: no credential helper, no URL rewriting,
no proxy nobody asked for. SSH trusts the hosts of the given files only. libgit2 runs no hook, no
filter and no fsmonitor of a repository it reads, so the check that a repository belongs to the
current user protects from nothing here, and would only keep containers from reading mounted
checkouts.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from pathlib import Path

import pygit2
from pygit2.enums import ConfigLevel

CONNECT_TIMEOUT_SECONDS = 15
ANSWER_TIMEOUT_SECONDS = 120

_GLOBAL_LEVELS = (
    ConfigLevel.PROGRAMDATA,
    ConfigLevel.SYSTEM,
    ConfigLevel.XDG,
    ConfigLevel.GLOBAL,
)


class _Home:
    """An empty home folder; its `.ssh/known_hosts` grows by the files of the remotes in use."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="reconciler-git-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self._hosts: dict[str, None] = {}
        self._authorities: set[Path] = set()

    def trust_hosts(self, file: Path) -> None:
        lines = dict.fromkeys(file.read_text(encoding="utf-8").splitlines())
        if lines.keys() <= self._hosts.keys():
            return
        self._hosts |= lines
        (self.folder / ".ssh").mkdir(mode=0o700, exist_ok=True)
        known = self.folder / ".ssh" / "known_hosts"
        known.write_text("\n".join(self._hosts) + "\n", encoding="utf-8")

    def trust_authorities(self, file: Path) -> None:
        if file not in self._authorities:
            # libgit2 adds to the store it has; nothing is taken out of it.
            pygit2.settings.set_ssl_cert_locations(str(file), None)
            self._authorities.add(file)


_lock = threading.Lock()
_homes: list[_Home] = []


def isolate() -> None:
    """Make libgit2 read nothing but repositories; safe to call often."""
    with _lock:
        _home()


def trust_hosts(file: Path | None) -> None:
    """Accept SSH hosts that this file names; the user's own file when none is given."""
    chosen = file if file is not None else Path.home() / ".ssh" / "known_hosts"
    with _lock:
        if file is not None or chosen.is_file():
            _home().trust_hosts(chosen)


def trust_authorities(file: Path) -> None:
    """Accept certificates that these authorities vouch for, besides the system's."""
    with _lock:
        _home().trust_authorities(file)


def _home() -> _Home:
    if not _homes:
        home = _Home()
        for level in _GLOBAL_LEVELS:
            pygit2.settings.search_path[level] = str(home.folder)
        pygit2.settings.homedir = str(home.folder)
        pygit2.settings.owner_validation = False
        pygit2.settings.server_connect_timeout = CONNECT_TIMEOUT_SECONDS * 1000
        pygit2.settings.server_timeout = ANSWER_TIMEOUT_SECONDS * 1000
        # What a ref points to must have reached the disk first: Git is the only store.
        pygit2.settings.enable_fsync_gitdir()
        _homes.append(home)
    return _homes[0]
