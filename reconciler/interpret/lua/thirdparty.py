"""The kinds of other projects that are built in, as customization documents.

Each is one file `customizations/<group>/<version>/<Kind>.yaml`; adding a kind is adding a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import yaml

from reconciler.interpret.lua.customization import Customization, decode

FOLDER: Final = files(__package__).joinpath("customizations")


@cache
def customizations() -> tuple[Customization, ...]:
    """All built-in customizations, by path."""
    return tuple(
        decode(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in documents(FOLDER)
    )


def documents(folder: Traversable) -> Iterator[Traversable]:
    """The YAML files below a folder, in order of their names."""
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from documents(entry)
        elif entry.name.endswith(".yaml"):
            yield entry
