"""Print docs/reference/cli.md, made from the commands' own help, or write it there with --write."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from reconciler.cli.program import program  # noqa: E402
from reconciler.cli.table import COMMANDS  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "cli.md"
_HEAD = """# Command line

Made by `python tools/cli_reference.py --write` from what `--help` says.

Exit codes: 0 done or nothing to do; 1 error or a frozen member; 2 changes, with
`--detailed-exitcode`; 3 deletions or a limit wait for approval; 4 invalid input; 5 the plan is
stale; 64 usage; 130 interrupted.
"""


def helps(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    """(name, help text) of a command and of those below it."""
    context = click.Context(command, info_name=name, max_content_width=100, terminal_width=100)
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for verb in command.list_commands(context):
            below = command.get_command(context, verb)
            if below is not None:
                yield from helps(below, f"{name} {verb}")


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    context = click.Context(program, info_name="reconciler")
    for verb in COMMANDS:
        command = program.get_command(context, verb)
        assert command is not None, f"the table names {verb}"
        for name, text in helps(command, f"reconciler {verb}"):
            parts.append(f"## {name}\n\n```\n{text.strip()}\n```\n")
    return "\n".join(parts)


def main() -> None:
    """Print or write."""
    if "--write" in sys.argv:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page())
    else:
        print(page())


if __name__ == "__main__":
    main()
