"""SARIF 2.1.0: the findings of a plan for code scanning."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import orjson

from reconciler.model.change import Plan
from reconciler.model.codes import CODES
from reconciler.model.diagnostic import Position, Severity
from reconciler.model.text import printable
from reconciler.plan.formats.context import Context
from reconciler.plan.formats.findings import Finding, findings

#: What a code scanner takes in one run.
MAX_RESULTS: Final = 25_000
#: Findings without a place of their own concern the fleet's settings.
FLEET_FILE: Final = "reconciler.yaml"
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def show(plan: Plan, context: Context) -> str:  # noqa: ARG001 - the same for all readers
    """One run with one rule for each code."""
    found = findings(plan)[:MAX_RESULTS]
    codes = sorted({one.code for one in found})
    run = {
        "tool": {"driver": {"name": "reconciler", "rules": [_rule(code) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, codes.index(one.code)) for one in found],
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _rule(code: str) -> dict[str, Any]:
    """A code with its title, and where it is explained."""
    title = CODES[code].title if code in CODES else code
    return {
        "id": code,
        "shortDescription": {"text": title},
        "help": {"text": f"{code}: {title}. See docs/diagnostics.md of the reconciler."},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": printable(finding.message)},
        "locations": [{"physicalLocation": _location(finding.position)}],
        "partialFingerprints": {"reconcilerFinding/v1": finding.fingerprint},
    }


def _location(position: Position) -> dict[str, Any]:
    uri = quote(position.path or FLEET_FILE, safe="/", errors="replace")
    region = {"startLine": max(position.line, 1)}
    if position.column:
        region["startColumn"] = position.column
    return {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}, "region": region}
