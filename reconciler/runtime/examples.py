"""The example fleet repo: inside an installed package, or beside it in a checkout."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

_PACKAGED = "_data/fleet-repo"
_CHECKOUT = "examples/fleet-repo"


def copy_example(target: Path) -> None:
    """Copy the example fleet repo to a folder that does not exist yet."""
    root = resources.files("reconciler")
    packaged = root.joinpath(_PACKAGED)
    if packaged.is_dir():
        with resources.as_file(packaged) as folder:
            shutil.copytree(folder, target)
        return
    with resources.as_file(root) as package:
        shutil.copytree(package.parent / _CHECKOUT, target)
