"""PARTS: what can be measured, in the order in which `--all` does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from reconciler.runtime.bench import apply, command, growth, plan, render, schedule, writeback
from reconciler.runtime.bench.measure import Row
from reconciler.runtime.bench.options import Options

PARTS: Mapping[str, Callable[[Options], Iterator[Row]]] = {
    plan.PART: plan.rows,
    command.PART: command.rows,
    growth.PART: growth.rows,
    schedule.PART: schedule.rows,
    render.PART: render.rows,
    writeback.PART: writeback.rows,
    apply.PART: apply.rows,
}
