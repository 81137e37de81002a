"""The command line itself: global options, lazily loaded verbs, and how failures end.

Exit codes (design §7): 0 done, 1 error or a frozen member, 2 changes with --detailed-exitcode, 3
budget or policy, 4 invalid
input, 5 stale plan, 64 usage, 130 interrupted.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import click

from reconciler.cli.table import COMMANDS
from reconciler.model.errors import EmptyRepository, MissingBranch, ReconcilerError, StalePlan

EXIT_ERROR, EXIT_INVALID, EXIT_STALE, EXIT_USAGE, EXIT_INTERRUPTED = 1, 4, 5, 64, 130

_EPILOG = """\b
Examples:
  reconciler validate                    every problem of the work tree's HEAD
  reconciler plan --base main            what this branch would change, on which clusters
  reconciler apply --credentials DIR     reconcile all members once
  reconciler demo                        the whole story in a minute
"""


def exit_of(error: ReconcilerError) -> int:
    """The exit code of broken surroundings: what there is nothing to read of is invalid input."""
    if isinstance(error, StalePlan):
        return EXIT_STALE
    return EXIT_INVALID if isinstance(error, EmptyRepository | MissingBranch) else EXIT_ERROR


def _show(error: ReconcilerError) -> None:
    from reconciler.model.text import printable

    click.echo(f"error: {printable(str(error))}\n  next: {printable(error.hint)}", err=True)


def _wants_json(given: Sequence[str]) -> bool:
    """Whether a program reads the output: it gets its failures there as well."""
    words = [word for one in given for word in one.split("=", 1)]
    return any(
        name in {"--output", "--format"} and value == "json" for name, value in pairwise(words)
    )


def _show_json(message: str, hint: str, code: int) -> None:
    """The failure where the answer would stand."""
    from reconciler.cli.console import show_json

    show_json({"error": {"message": message, "next": hint, "exitCode": code}})


class LazyProgram(click.Group):
    """A group whose verbs are imported only when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb of the table, in its order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb, imported now."""
        del ctx
        verb = COMMANDS.get(cmd_name)
        if verb is None:
            return None
        command = importlib.import_module(verb.module).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs by section, from the table alone."""
        del ctx
        for section in dict.fromkeys(verb.section for verb in COMMANDS.values()):
            with formatter.section(section):
                formatter.write_dl(
                    [
                        (name, verb.help)
                        for name, verb in COMMANDS.items()
                        if verb.section == section
                    ]
                )

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and turn every failure into one line, a next step and an exit code."""
        kwargs["standalone_mode"] = False
        given = (args[0] if args else kwargs.get("args")) or sys.argv[1:]
        message, hint = "", ""
        try:
            code = super().main(*args, **kwargs)
        except click.exceptions.Exit as done:
            code = done.exit_code
        except click.ClickException as error:
            error.show()
            is_usage = isinstance(error, click.UsageError)
            code = EXIT_USAGE if is_usage else EXIT_ERROR
            message, hint = error.format_message(), "see --help" if is_usage else ""
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            code, message = EXIT_INTERRUPTED, "interrupted"
        except ReconcilerError as error:
            _show(error)
            code, message, hint = exit_of(error), str(error), error.hint
        if message and _wants_json(given):
            _show_json(message, hint, code)
        sys.exit(code if isinstance(code, int) else 0)


@click.command(
    cls=LazyProgram,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="fleet-reconciler", prog_name="reconciler")
def program() -> None:
    """Reconcile a fleet of Kubernetes clusters with a Git repository."""
