"""Which files of a tree are read: suffix, hidden folders, and the patterns of reconciler.yaml.

Patterns are paths from the root in which `**` stands for any folders and `*`, `?` for anything
within one; a pattern that names a folder means everything below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from reconciler.model.config import FleetConfig

#: The one file that is always read.
CONFIG_PATH: Final = "reconciler.yaml"
SUFFIXES: Final = (".yaml", ".yml", ".json")


def selection(config: FleetConfig) -> Callable[[str], bool]:
    """Whether a path lies under the configured ones; suffixes are not looked at."""
    included = [_pattern(one) for one in config.include]
    excluded = [_pattern(one) for one in config.exclude]

    def is_selected(path: str) -> bool:
        if path.startswith(".") or "/." in path:
            return False
        if included and not _any(included, path):
            return False
        return not _any(excluded, path)

    return is_selected


def is_document(path: str) -> bool:
    """Whether the suffix is one of YAML or JSON."""
    return path.endswith(SUFFIXES)


def _any(patterns: Iterable[re.Pattern[str]], path: str) -> bool:
    return any(pattern.match(path) for pattern in patterns)


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    steps = glob.strip("/").removeprefix("./").split("/")
    text = "/".join(_step(one) for one in steps).replace(_ANY + "/", _FOLDERS)
    return re.compile(text.replace(_ANY, ".*") + _REST, re.DOTALL)


_ANY: Final = "\0"
_FOLDERS: Final = "(?:[^/]+/)*"
_REST: Final = r"(?:/.*)?\Z"
_WILDCARDS: Final = {"*": "[^/]*", "?": "[^/]"}


def _step(step: str) -> str:
    if step == "**":
        return _ANY
    # A run of stars is one star: two in a row would only make matching slow.
    plain = re.sub(r"\*+", "*", step)
    return "".join(_WILDCARDS.get(char, re.escape(char)) for char in plain)
