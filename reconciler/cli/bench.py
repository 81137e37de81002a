"""`reconciler bench`: how fast this build is on this machine, part by part."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.console import EXIT_DONE, EXIT_ERROR, say, show_json
from reconciler.cli.options import output_option

if TYPE_CHECKING:
    from reconciler.runtime.bench.measure import Row

_PARTS = ["plan", "command", "growth", "schedule", "render", "writeback", "apply"]
_LARGE = "plan"
_EPILOG = """\b
Examples:
  reconciler bench --all
  reconciler bench plan --objects 1000 --clusters 100 --output json
  reconciler bench apply --members simulated:20
  KUBEBUILDER_ASSETS=DIR reconciler bench apply --members real:5
"""
_HEADINGS = ("part", "measure", "P50", "P90", "P99", "per second", "peak", "CPU", "floor", "limit")


@click.command("bench", epilog=_EPILOG)
@click.argument("parts", nargs=-1, type=click.Choice(_PARTS))
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Every part, one after the other; plans of ten times the objects as well.",
)
@click.option("--objects", default=1000, show_default=True, help="Objects of the made-up fleet.")
@click.option("--clusters", default=100, show_default=True, help="Clusters of the made-up fleet.")
@click.option("--apps", default=200, show_default=True, help="Applications of a burst.")
@click.option("--files", default=100_000, show_default=True, help="Rendered files to write back.")
@click.option(
    "--members",
    default="",
    help="real:N or simulated:N, for apply.  [default: real:5 where KUBEBUILDER_ASSETS is set,"
    " else simulated:5]",
)
@click.option("--runs", default=10, show_default=True, help="Changes of every kind.")
@output_option
def command(
    parts: tuple[str, ...],
    everything: bool,  # noqa: FBT001 - a flag
    output: str,
    **sizes: int | str,
) -> int:
    """Measure planning, scheduling, rendering, writing back and applying.

    Every measure runs in a process of its own. Exits 1 when a promised limit is not kept.
    """
    from reconciler.runtime.bench.options import Options
    from reconciler.runtime.bench.parts import PARTS

    wanted = _all(PARTS) if everything else [(part, 1) for part in parts]
    if not wanted:
        raise click.UsageError("name a part, or --all")
    sizes["members"] = sizes["members"] or _members()
    rows: list[Row] = []
    if output == "text":
        say(_line(_HEADINGS))
    with tempfile.TemporaryDirectory(prefix="fleet-bench-") as folder:
        for part, times in wanted:
            options = Options(folder=Path(folder) / f"{part}-{times}", **sizes)  # type: ignore[arg-type]
            options = replace(options, objects=options.objects * times)
            options.folder.mkdir()
            for row in PARTS[part](options):
                rows.append(row)
                if output == "text":
                    say(_line(_cells(row)))
    if output == "json":
        show_json({"rows": [row.document() for row in rows]})
    return EXIT_ERROR if any(row.is_within is False for row in rows) else EXIT_DONE


def _all(parts: Iterable[str]) -> list[tuple[str, int]]:
    """Every part with the objects it takes, in times of those asked for."""
    return [(part, times) for part in parts for times in ((1, 10) if part == _LARGE else (1,))]


def _members() -> str:
    return "real:5" if os.environ.get("KUBEBUILDER_ASSETS") else "simulated:5"


def _cells(row: Row) -> tuple[str, ...]:
    verdict = {True: "kept", False: "EXCEEDED", None: ""}[row.is_within]
    floor = f"{_time(row.floor)} x{row.ratio:.2f}" if row.floor and row.ratio else ""
    limit = f"{_time(row.limit)} {verdict}" if row.limit is not None else ""
    return (
        row.part,
        row.measure,
        *(_time(value) for value in (row.p50, row.p90, row.p99)),
        f"{row.throughput:,.0f} {row.count}",
        f"{row.peak:.0f} MiB",
        f"{row.cpu:.1f} s",
        floor,
        limit,
    )


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _line(cells: tuple[str, ...]) -> str:
    widths = (9, 44, 9, 9, 9, 20, 9, 8, 16, 18)
    return " ".join(cell.ljust(wide) for cell, wide in zip(cells, widths, strict=True)).rstrip()
