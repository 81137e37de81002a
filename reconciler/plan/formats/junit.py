"""JUnit XML: a suite for each cluster, a case for each object that changes there.

A case fails when its object is in conflict, waits for approval, or has an edit that the server will
refuse; it is skipped when dispatching to the cluster is suspended. Problems of the fleet repo are a
suite of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from reconciler.model.change import Action, Change, Plan
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.text import printable
from reconciler.plan.formats.context import Context

_FAILING = frozenset({Action.CONFLICT, Action.HOLD})


def show(plan: Plan, context: Context) -> str:  # noqa: ARG001 - the same for all readers
    """The report; text that XML 1.0 cannot carry is written as escapes."""
    suites = [*_repo_suite(plan.diagnostics), *_cluster_suites(plan.changes)]
    return "\n".join(
        ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", *suites, "</testsuites>", ""]
    )


def _repo_suite(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    cases = [
        _case(str(one.position) or one.subject or one.code, "fleet repo", _problem(one))
        for one in diagnostics
        if one.severity is not Severity.INFO
    ]
    if cases:
        yield _suite("fleet repo", cases)


def _problem(one: Diagnostic) -> str:
    return _failure(one.code, str(one)) if one.severity is Severity.ERROR else ""


def _cluster_suites(changes: Iterable[Change]) -> Iterator[str]:
    by_cluster: dict[str, list[Change]] = {}
    for change in changes:
        by_cluster.setdefault(change.cluster, []).append(change)
    for cluster in sorted(by_cluster):
        cases = [_case(_name(one), cluster, _verdict(one)) for one in by_cluster[cluster]]
        yield _suite(cluster, cases)


def _name(change: Change) -> str:
    return f"{change.action.value} {change.key}"


def _verdict(change: Change) -> str:
    """A failure, a skip, or nothing."""
    if change.action in _FAILING:
        return _failure(change.action.value, change.reason)
    refused = [edit.path for edit in change.edits if edit.is_immutable]
    if refused and change.action is not Action.RECREATE:
        return _failure("immutable", f"{', '.join(refused)} cannot be changed in place")
    if change.desired is not None and change.desired.is_suspended:
        return '<skipped message="dispatching to this cluster is suspended"/>'
    return ""


def _failure(kind: str, message: str) -> str:
    return f'<failure type="{_quoted(kind)}" message="{_quoted(message)}"/>'


def _case(name: str, suite: str, verdict: str) -> str:
    head = f'    <testcase name="{_quoted(name)}" classname="{_quoted(suite)}"'
    return f"{head}>{verdict}</testcase>" if verdict else f"{head}/>"


def _suite(name: str, cases: list[str]) -> str:
    failures = sum("<failure " in case for case in cases)
    skipped = sum("<skipped " in case for case in cases)
    counts = f'tests="{len(cases)}" failures="{failures}" skipped="{skipped}"'
    return "\n".join([f'  <testsuite name="{_quoted(name)}" {counts}>', *cases, "  </testsuite>"])


def _quoted(text: str) -> str:
    return escape(printable(text))
