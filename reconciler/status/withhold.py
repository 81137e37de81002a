"""What a status may not repeat: anything of a Secret, and secret values wherever they turn up.

Rule: design §5, Secrets: status never carries them in any mode. A Secret has no status of its own;
what a script or a server says under that name may be its data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from reconciler.model.text import printable, shortened

#: Takes secrets out of a text.
Redact = Callable[[str], str]

_WITHHELD: Final = frozenset({("", "Secret")})
_LONGEST_MESSAGE: Final = 1024
_SAID_NOTHING: Final = "the interpreter of its kind failed; what it said is withheld"


def is_withheld(group: str, kind: str) -> bool:
    """Whether nothing of such an object's status is shown."""
    return (group, kind) in _WITHHELD


def said(text: str, redact: Redact) -> str:
    """What a stranger said, fit to be shown: without secrets, on one line, of bounded length."""
    return shortened(printable(redact(text)), _LONGEST_MESSAGE)


def failure(text: str, group: str, kind: str, redact: Redact) -> str:
    """What an interpreter failed with; a script that sees a Secret may have chosen the words."""
    return _SAID_NOTHING if is_withheld(group, kind) else said(text, redact)


def without_secrets(value: Any, redact: Redact) -> Any:
    """The JSON value with every text redacted, keys too; shared where nothing had to go."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        cleaned = {redact(name): without_secrets(below, redact) for name, below in value.items()}
        return value if cleaned == value else cleaned
    if isinstance(value, list):
        items = [without_secrets(item, redact) for item in value]
        return value if items == value else items
    return value
