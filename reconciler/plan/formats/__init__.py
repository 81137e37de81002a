"""One file for each way to show a plan, and the table of them.

A format is `show(plan, context) -> str`. It prints what the plan carries and nothing else: values
that may not be seen were masked when the differences were made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from reconciler.model.change import Plan
from reconciler.plan.formats import (
    document,
    github,
    gitlab,
    junit,
    markdown,
    sarif,
    text,
    webpage,
)
from reconciler.plan.formats.context import PLAIN, Context

Format = Callable[[Plan, Context], str]

FORMATS: Final[Mapping[str, Format]] = {
    "text": text.show,
    "markdown": markdown.show,
    "json": document.show,
    "html": webpage.show,
    "sarif": sarif.show,
    "junit": junit.show,
    "github": github.show,
    "gitlab": gitlab.show,
}

__all__ = ["FORMATS", "PLAIN", "Context", "Format"]
