"""GitLab's code quality report: a JSON list of findings with unique fingerprints."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import orjson

from reconciler.model.change import Plan
from reconciler.model.diagnostic import Severity
from reconciler.model.text import printable
from reconciler.plan.formats.context import Context
from reconciler.plan.formats.findings import Finding, findings
from reconciler.plan.formats.sarif import FLEET_FILE

_SEVERITIES: Final = {
    Severity.ERROR: "critical",
    Severity.WARNING: "minor",
    Severity.INFO: "info",
}


def show(plan: Plan, context: Context) -> str:  # noqa: ARG001 - the same for all readers
    """The report."""
    seen: Counter[str] = Counter()
    entries = []
    for finding in findings(plan):
        seen[finding.fingerprint] += 1
        entries.append(_entry(finding, seen[finding.fingerprint]))
    return orjson.dumps(entries, option=orjson.OPT_INDENT_2).decode() + "\n"


def _entry(finding: Finding, occurrence: int) -> dict[str, Any]:
    repeated = f"-{occurrence}" if occurrence > 1 else ""
    return {
        "description": printable(finding.message),
        "check_name": finding.code,
        "fingerprint": f"{finding.fingerprint}{repeated}",
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": printable(finding.position.path or FLEET_FILE),
            "lines": {"begin": max(finding.position.line, 1)},
        },
    }
