"""Customizations of the fleet repo, validated by running them: a script that does not compile, does
not end, or does not define its function is said before any object meets it.

The document stays in force: objects that the script is asked about are frozen one by one, since
another interpretation of their kind might place them differently.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import orjson

from reconciler.interpret.lua.customization import problems
from reconciler.interpret.lua.machine import LuaMachine
from reconciler.model.diagnostic import Diagnostic, Effect, Position
from reconciler.model.fleet import Fleet

BAD_SCRIPT: Final = "RC054"
_REMEMBERED: Final = 512


def script_problems(fleet: Fleet) -> Iterator[Diagnostic]:
    """What is wrong with the scripts of the fleet's customizations."""
    for manifest in fleet.customizations:
        for problem in _problems(orjson.dumps(manifest.body)):
            yield Diagnostic(
                code=BAD_SCRIPT,
                message=f"{manifest.name}: {problem}",
                effect=Effect.FREEZE_DOCUMENT,
                position=fleet.places.get(manifest.key, Position()),
                hint="try it with `reconciler interpret --check --customization FILE`",
                subject=str(manifest.key),
            )


@lru_cache(maxsize=_REMEMBERED)
def _problems(document: bytes) -> tuple[str, ...]:
    """The problems of one document, a script's texts being the same at every run."""
    return tuple(problems(orjson.loads(document), LuaMachine()))
