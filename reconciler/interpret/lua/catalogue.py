"""Kinds of other projects: `customizations/<group>/<version>/<Kind>.yaml` inside this package.

Each file is a ResourceInterpreterCustomization, the document a fleet repo may hold as well; its
place names its target, so that the folder is walked once and a file is parsed when its kind is
first met. Adding a kind is adding a file.

Rules: karmada-semantics §2.16; what the scripts may do: §2.17.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import yaml

SUFFIX: Final = ".yaml"


class Target(NamedTuple):
    """What a customization is for: `kubeflow.org/v1` and `TFJob`."""

    api_version: str
    kind: str


@cache
def catalogue() -> Mapping[Target, Traversable]:
    """The file of each kind, sorted by target."""
    root = files(__package__).joinpath("customizations")
    return MappingProxyType(dict(sorted(walk(root), key=lambda entry: entry[0])))


def walk(root: Traversable) -> Iterator[tuple[Target, Traversable]]:
    """Every file below `root` with the target that its place names, in no order."""
    for group in folders(root):
        for version in folders(group):
            for file in version.iterdir():
                if file.name.endswith(SUFFIX):
                    kind = file.name.removesuffix(SUFFIX)
                    yield Target(f"{group.name}/{version.name}", kind), file


def folders(parent: Traversable) -> list[Traversable]:
    """The folders directly inside."""
    return [child for child in parent.iterdir() if child.is_dir()]


@cache
def customization(api_version: str, kind: str) -> Mapping[str, Any] | None:
    """The document for this kind, None where there is none. Shared: never changed in place."""
    file = catalogue().get(Target(api_version, kind))
    if file is None:
        return None
    document: Mapping[str, Any] = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    return document
