"""One hub at a time, and the second one says who is first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.adapters.leader import hub_lock
from reconciler.model.errors import LockHeld


def test_the_second_hub_names_the_first(tmp_path: Path) -> None:
    first, second = (hub_lock(tmp_path / "hub.lock", purpose) for purpose in ("apply", "run"))
    with first, pytest.raises(LockHeld, match=rf"process {os.getpid()} .*\(apply\)"), second:
        pass


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    for purpose in ("apply", "run"):
        with hub_lock(tmp_path / "hub.lock", purpose):
            pass
