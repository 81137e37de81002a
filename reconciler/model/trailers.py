"""Trailers of a commit message: `Source-Commit:`, `Cause:`, `Approve-Deletes:`, `Hold-Commit:`,
`Release-Commit:`, `Forget-Cluster:`.

A trailer block is the message's last paragraph when it is not the subject and every line of it is
`Key: value` or continues the value before (it begins with white space). Stricter than
`git interpret-trailers`, which accepts blocks with other lines among them: an approval must not be
found in prose.
"""

from __future__ import annotations

import re

SOURCE_COMMIT = "Source-Commit"
CAUSE = "Cause"
APPROVE_DELETES = "Approve-Deletes"
HOLD_COMMIT = "Hold-Commit"
RELEASE_COMMIT = "Release-Commit"
FORGET_CLUSTER = "Forget-Cluster"

_TRAILER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*): ?(.*)")


def trailers(message: str) -> tuple[tuple[str, str], ...]:
    """Keys as written with their values, in order; a key may occur more than once."""
    found: list[tuple[str, str]] = []
    for line in _last_paragraph(message):
        if line[:1] in {" ", "\t"} and found:
            key, value = found[-1]
            found[-1] = (key, f"{value} {line.strip()}".strip())
            continue
        match = _TRAILER.fullmatch(line)
        if match is None:
            return ()
        found.append((match[1], match[2].strip()))
    return tuple(found)


def trailer_values(message: str, key: str) -> tuple[str, ...]:
    """Every value of one key, whatever its case, in order."""
    wanted = key.lower()
    return tuple(value for name, value in trailers(message) if name.lower() == wanted)


def is_trailer(line: str) -> bool:
    """Whether a line of its own would be read as a trailer."""
    return _TRAILER.fullmatch(line) is not None


def _last_paragraph(message: str) -> list[str]:
    """Lines of the last paragraph; nothing when it is the subject's."""
    lines = message.replace("\r\n", "\n").strip("\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    start = len(lines)
    while start > 0 and lines[start - 1].strip():
        start -= 1
    return lines[start:] if start > 0 else []
