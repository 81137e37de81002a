"""One file for each way to show a plan, and the table of them.

A format is `show(plan, context) -> str` in a module of its own, loaded when it is asked for: a plan
is shown in one of them. It prints what the plan carries and nothing else: values that may not be
seen were masked when the differences were made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from reconciler.model.change import Plan
from reconciler.plan.formats.context import PLAIN, Context

Format = Callable[[Plan, Context], str]


def _format(module: str) -> Format:
    def show(plan: Plan, context: Context) -> str:
        shown: str = import_module(f"{__name__}.{module}").show(plan, context)
        return shown

    return show


FORMATS: Final[Mapping[str, Format]] = {
    "text": _format("text"),
    "markdown": _format("markdown"),
    "json": _format("document"),
    "html": _format("webpage"),
    "sarif": _format("sarif"),
    "junit": _format("junit"),
    "github": _format("github"),
    "gitlab": _format("gitlab"),
}

__all__ = ["FORMATS", "PLAIN", "Context", "Format"]
