"""What is wrong with a plan, as a list: for the formats that tools of code review read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from reconciler.model.change import Action, Plan
from reconciler.model.diagnostic import Position, Severity
from reconciler.plan.formats.words import approval, clusters_phrase, hold_line, joined
from reconciler.plan.grouping import Group, groups

HELD = "RC401"
CONFLICT = "RC402"
IMMUTABLE = "RC403"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to tell a reviewer, where in the repo, and about what."""

    code: str
    severity: Severity
    message: str
    subject: str = ""
    position: Position = field(default_factory=Position)

    @property
    def fingerprint(self) -> str:
        """Stays the same when lines move: made of everything but the line."""
        parts = (self.code, self.message, self.subject, self.position.path)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def findings(plan: Plan) -> tuple[Finding, ...]:
    """The plan's problems, then what the guards hold, conflicts, and edits that will be refused."""
    return (
        *_diagnosed(plan),
        *_held(plan),
        *(found for group in groups(plan.changes) for found in _of_group(group)),
    )


def _diagnosed(plan: Plan) -> Iterator[Finding]:
    for one in plan.diagnostics:
        yield Finding(
            code=one.code,
            severity=one.severity,
            message=f"{one.message} ({one.hint})" if one.hint else one.message,
            subject=one.subject,
            position=one.position,
        )


def _held(plan: Plan) -> Iterator[Finding]:
    if plan.hold is not None:
        message = joined(f"{hold_line(plan.hold)};", *approval(plan.hold))
        yield Finding(code=HELD, severity=Severity.ERROR, message=message)


def _of_group(group: Group) -> Iterator[Finding]:
    where = clusters_phrase(group.clusters)
    if group.action is Action.CONFLICT:
        yield _finding(group, CONFLICT, Severity.ERROR, f"{group.reason}; on {where}")
    elif group.action is Action.HOLD:
        yield _finding(group, HELD, Severity.WARNING, f"{group.reason}; on {where}")
    for edit in group.edits:
        if edit.is_immutable and group.action is not Action.RECREATE:
            message = f"{edit.path} cannot be changed in place; on {where}"
            found = _finding(group, IMMUTABLE, Severity.WARNING, message)
            yield replace(found, position=edit.position) if edit.position.path else found


def _finding(group: Group, code: str, severity: Severity, message: str) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        message=f"{group.key}: {message}",
        subject=str(group.key),
        position=group.position,
    )
