"""State that follows an application to its next cluster: label values read from its status.

Rules name a label and a Kubernetes JSONPath into the status. Supported is what statuses need: steps
by name (`.a`, `['a.b']`) and by index (`[0]`), in braces or not. Karmada: parseJSONValue in
pkg/controllers/applicationfailover (karmada-semantics §2.18).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_STEP: Final = re.compile(r"""\.?(?:([A-Za-z_][\w-]*)|\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\])""")
_ESCAPED: Final = re.compile(r"\\(.)")


def preserved(rules: Iterable[Mapping[str, Any]], status: Any) -> dict[str, str] | None:
    """Label -> value for every rule; None when a status is missing or a path leads nowhere."""
    if status is None:
        return None
    labels: dict[str, str] = {}
    for rule in rules:
        found = value_at(status, str(rule.get("jsonPath") or ""))
        if found is None:
            return None
        labels[str(rule.get("aliasLabelName") or "")] = _text(found)
    return labels


def value_at(value: Any, path: str) -> Any:
    """The value a path leads to, None where it leads nowhere or is not understood."""
    steps = path_steps(path)
    if steps is None:
        return None
    for step in steps:
        if isinstance(value, Mapping) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def path_steps(path: str) -> list[str | int] | None:
    """The steps of a JSONPath, None where it is not one of those we understand."""
    rest = path.strip()
    if rest.startswith("{") and rest.endswith("}"):
        rest = rest[1:-1].strip()
    rest = rest.removeprefix("$")
    steps: list[str | int] = []
    while rest:
        matched = _STEP.match(rest)
        if matched is None:
            return None
        name, quoted, index = matched.groups()
        escaped = _ESCAPED.sub(r"\1", quoted) if quoted is not None else name
        steps.append(int(index) if index is not None else escaped)
        rest = rest[matched.end() :]
    return steps or None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
