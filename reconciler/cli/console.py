"""How a verb speaks: tables on a terminal, plain lines in a pipe, JSON for programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO

import click
import orjson

from reconciler.model.codes import BLOCKING
from reconciler.model.diagnostic import Diagnostic, Effect, Severity
from reconciler.model.text import printable

EXIT_DONE, EXIT_ERROR, EXIT_CHANGES, EXIT_BLOCKED, EXIT_INVALID = 0, 1, 2, 3, 4
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
#: More columns than this are told in lines where they do not fit; so many stand on the first.
_MANY_COLUMNS, _LEADING = 5, 3


def has_colour(stream: TextIO | None = None) -> bool:
    """Whether a stream (standard output) takes colour: a terminal, and nobody said no."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"):
        return True
    return (stream or sys.stdout).isatty() and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns of the terminal; 0 in a pipe, where lines are as long as they are."""
    if not sys.stdout.isatty():
        return 0
    return os.get_terminal_size().columns


def say(text: str = "", **style: Any) -> None:
    """One line on standard output."""
    click.echo(click.style(text, **style) if style and has_colour() else text)


def show_json(value: Any) -> None:
    """One JSON value, indented, for programs and people."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())


def show_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Every problem on standard error: place, severity, code, sentence, and the next step."""
    for one in diagnostics:
        place = f"{printable(str(one.position))}: " if one.position.path else ""
        head = f"{one.severity} {one.code}"
        if has_colour(sys.stderr):
            head = click.style(head, fg=_COLOURS[one.severity])
        click.echo(f"{place}{head}: {printable(one.message)}", err=True)
        if one.hint:
            click.echo(f"    {printable(one.hint)}", err=True)


def encode_diagnostic(one: Diagnostic) -> dict[str, Any]:
    """A problem for programs."""
    return {
        "severity": str(one.severity),
        "code": one.code,
        "message": one.message,
        "hint": one.hint,
        "effect": str(one.effect),
        "subject": one.subject,
        "path": one.position.path,
        "line": one.position.line,
        "column": one.position.column,
    }


def input_exit(diagnostics: Iterable[Diagnostic], *, strict: bool = False) -> int:
    """4 for invalid input, 3 for what policy refuses, 1 for a frozen member, else 0; `strict` takes
    warnings for errors.
    """
    problems = list(diagnostics)
    errors = [one for one in problems if one.severity is Severity.ERROR]
    invalid = [one for one in errors if one.code not in BLOCKING]
    if any(one.effect is not Effect.FREEZE_MEMBER for one in invalid):
        return EXIT_INVALID
    if len(invalid) < len(errors):
        return EXIT_BLOCKED
    if strict and any(one.severity is Severity.WARNING for one in problems):
        return EXIT_INVALID
    return EXIT_ERROR if errors else EXIT_DONE


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns: drawn by rich on a terminal, separated by tabs in a pipe.

    Many columns that the terminal is too narrow for would break every word: each row is told in
    lines then.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in (headers, *cells):
            click.echo("\t".join(row))
        return
    widest = [max(map(len, column)) for column in zip(headers, *cells, strict=True)]
    if len(headers) > _MANY_COLUMNS and sum(widest) + 2 * len(headers) > width():
        for row in cells:
            _told(headers, row)
        return
    from rich.console import Console
    from rich.table import Table

    drawn = Table(box=None, pad_edge=False, header_style="bold" if has_colour() else "")
    for header in headers:
        drawn.add_column(header, overflow="fold")
    for row in cells:
        drawn.add_row(*row)
    Console(no_color=not has_colour(), highlight=False).print(drawn)


def _told(headers: Sequence[str], row: Sequence[str]) -> None:
    """One row: its first columns on a line, each other one that says something on its own."""
    say("  ".join(cell for cell in row[:_LEADING] if cell), bold=True)
    for header, cell in zip(headers[_LEADING:], row[_LEADING:], strict=True):
        if cell:
            say(f"    {header.lower():9} {cell}")


def progress() -> Callable[[str, str], None]:
    """Steps of a pass: a spinner's text on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        return lambda _step, _text: None

    def show(step: str, text: str) -> None:
        head = f"{step:>8}  "
        shown = click.style(head, dim=True) if has_colour(sys.stderr) else head
        click.echo(shown + printable(text), err=True)

    return show
