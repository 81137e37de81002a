"""`reconciler interpret`: what a kind means, asked offline; checks customizations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.console import EXIT_DONE, EXIT_ERROR, EXIT_INVALID, say, show_json
from reconciler.cli.options import output_option
from reconciler.model.text import printable

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_OPERATIONS = (
    "GetReplicas",
    "GetComponents",
    "ReviseReplica",
    "Retain",
    "InterpretStatus",
    "AggregateStatus",
    "InterpretHealth",
    "GetDependencies",
)
#: Karmada's webhook names for the same.
_ALIASES = ("InterpretReplica", "InterpretComponent", "InterpretDependency")
_EPILOG = """\b
Examples:
  reconciler interpret --check --customization cloneset.yaml
  reconciler interpret --operation InterpretHealth --observed live.yaml
  reconciler interpret --operation ReviseReplica --desired web.yaml --replicas 3
  reconciler interpret --operation Retain --desired web.yaml --observed live.yaml \\
      --customization cloneset.yaml
  reconciler interpret --operation AggregateStatus --desired web.yaml --status items.yaml
"""


@click.command("interpret", epilog=_EPILOG)
@click.option(
    "--operation",
    type=click.Choice([*_OPERATIONS, *_ALIASES], case_sensitive=False),
    metavar="NAME",
    help=f"What to ask: {', '.join(_OPERATIONS)}; Karmada's names of webhooks too.",
)
@click.option("--desired", type=_FILE, help="Manifest as it is in Git.")
@click.option("--observed", type=_FILE, help="Object as a member has it.")
@click.option(
    "--status",
    "statuses",
    type=_FILE,
    multiple=True,
    help="Members' statuses: objects with clusterName and status, one or many a file.",
)
@click.option("--replicas", type=click.IntRange(min=0), help="For ReviseReplica.")
@click.option(
    "--customization",
    "customizations",
    type=_FILE,
    multiple=True,
    help="ResourceInterpreterCustomization; it comes before the kinds known already.",
)
@click.option("--check", is_flag=True, help="Only say what is wrong with the customizations.")
@output_option
def command(
    operation: str | None,
    desired: Path | None,
    observed: Path | None,
    statuses: tuple[Path, ...],
    replicas: int | None,
    customizations: tuple[Path, ...],
    check: bool,  # noqa: FBT001 - a flag
    output: str,
) -> int:
    """Ask what a kind means, offline: replicas, health, status, retention, dependencies.

    Exits 4 when a customization is at fault, 1 when the question has no answer.
    """
    from reconciler.runtime.interpreting import (
        OPERATION_NAMES,
        InterpretError,
        Materials,
        customizations_of,
        interpreted,
        object_of,
        objects_of,
    )

    documents = customizations_of(customizations)
    if check:
        if not documents:
            raise click.UsageError("--check needs --customization")
        return _checked(documents, output)
    if operation is None:
        raise click.UsageError("name an --operation, or --check customizations")
    given = Materials(
        desired=object_of(desired) if desired else None,
        observed=object_of(observed) if observed else None,
        items=tuple(item for path in statuses for item in objects_of(path)),
        replicas=replicas,
    )
    try:
        answer = interpreted(OPERATION_NAMES[operation], documents, given)
    except InterpretError as error:
        click.echo(f"error: {printable(str(error))}", err=True)
        return EXIT_ERROR
    if answer is None:
        click.echo(f"no interpreter answers {operation} for this kind", err=True)
        return EXIT_ERROR
    _show(answer, output)
    return EXIT_DONE


def _show(answer: dict[str, Any], output: str) -> None:
    from reconciler.model.emit import emit_yaml

    if output == "json":
        show_json(answer)
    else:
        click.echo(emit_yaml(answer).decode(), nl=False)


def _checked(documents: list[dict[str, Any]], output: str) -> int:
    from reconciler.runtime.interpreting import script_problems

    found = script_problems(documents)
    if output == "json":
        show_json({"problems": found})
    else:
        for name, problems in found.items():
            for problem in problems or ("every script runs",):
                say(printable(f"{name}: {problem}"), fg="red" if problems else "green")
    return EXIT_INVALID if any(found.values()) else EXIT_DONE
