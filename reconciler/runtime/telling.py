"""What passes and writes look like in the log."""

from __future__ import annotations

from reconciler.model.diagnostic import Diagnostic
from reconciler.runtime.executor import ChangeResult, Result
from reconciler.runtime.logs import Log
from reconciler.runtime.results import PassResult


def told_pass(
    log: Log, done: PassResult, seconds: float, told: frozenset[Diagnostic]
) -> frozenset[Diagnostic]:
    """One line for a pass, one for each problem that was not told before; all problems."""
    counts = {str(kind): done.execution.count(kind) for kind in Result}
    log.info(
        "pass",
        commit=done.outcome.fleet.revision,
        seconds=round(seconds, 3),
        interrupted=done.execution.is_interrupted,
        held=done.outcome.is_held,
        frozen=sorted({*done.outcome.frozen_clusters, *done.execution.frozen}),
        **{kind: count for kind, count in counts.items() if count},
        **({"error": done.error} if done.error else {}),
    )
    for one in done.diagnostics:
        if one not in told:
            log.warning("problem", code=one.code, subject=one.subject, message=one.message)
    return frozenset(done.diagnostics)


def told_write(log: Log, what: str, result: ChangeResult) -> None:
    """One line for a change that was carried out, or not."""
    if result.result is Result.SKIPPED:
        return
    say = log.info if result.result is Result.DONE else log.warning
    say(
        what,
        cluster=result.change.cluster,
        object=str(result.change.key),
        action=str(result.change.action),
        result=str(result.result),
        **({"message": result.message} if result.message else {}),
    )
