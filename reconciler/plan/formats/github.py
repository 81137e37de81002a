"""Workflow commands of GitHub Actions: an annotation for each finding, at its line.

A command ends at the line's end and its properties at `,` and `::`, so all of these are escaped in
what comes from others.
"""

from __future__ import annotations

from typing import Final

from reconciler.model.change import Plan
from reconciler.model.diagnostic import Severity
from reconciler.model.text import printable
from reconciler.plan.formats.context import Context
from reconciler.plan.formats.findings import Finding, findings
from reconciler.plan.formats.words import summary

_COMMANDS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}
_DATA: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def show(plan: Plan, context: Context) -> str:  # noqa: ARG001 - the same for all readers
    """The commands, and the plan in numbers as a notice."""
    lines = [_command(one) for one in findings(plan)]
    lines.append(f"::notice title=Placement plan::{summary(plan).translate(_DATA)}")
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding) -> str:
    position = finding.position
    properties = {
        "file": position.path,
        "line": str(position.line or ""),
        "col": str(position.column or ""),
        "title": finding.code,
    }
    written = ",".join(
        f"{name}={printable(value).translate(_PROPERTY)}"
        for name, value in properties.items()
        if value
    )
    message = printable(finding.message).translate(_DATA)
    return f"::{_COMMANDS[finding.severity]} {written}::{message}"
