"""HubLock: one hub at a time on one machine, through a lock on a file that names its holder."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from reconciler.model.errors import LockHeld


@contextlib.contextmanager
def hub_lock(path: Path, purpose: str) -> Iterator[None]:
    """Hold the lock while the block runs; raises `LockHeld` naming the holder when another has it.

    The lock belongs to the open file, so a killed process lets go of it; the file itself stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LockHeld(f"another reconciler holds the hub's lock: {_holder(path)}") from error
        file.truncate(0)
        json.dump({"host": socket.gethostname(), "pid": os.getpid(), "purpose": purpose}, file)
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']} ({holder['purpose']})"
    except (OSError, ValueError, KeyError):
        return "an unknown process"
