"""`reconciler apply`: one pass over all members."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.console import (
    EXIT_BLOCKED,
    EXIT_CHANGES,
    EXIT_DONE,
    EXIT_ERROR,
    EXIT_INVALID,
    encode_diagnostic,
    has_colour,
    input_exit,
    progress,
    say,
    show_diagnostics,
    show_json,
    width,
)
from reconciler.cli.options import detailed_exitcode_option, hub_options, output_option
from reconciler.model.text import printable

if TYPE_CHECKING:
    from reconciler.runtime.hub import PassResult

_EPILOG = """\b
Examples:
  reconciler apply --repo . --credentials ./credentials    one pass
  reconciler apply --dry-run                               what members say to it; nothing is kept
  reconciler plan --format json > plan.json
  reconciler apply --plan plan.json                        exactly this plan, or exit 5
"""


@click.command("apply", epilog=_EPILOG)
@click.option("--dry-run", is_flag=True, help="Let members check every write and keep none.")
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Refuse to do anything but this plan (from `apply --dry-run --output json`).",
)
@output_option
@detailed_exitcode_option
@hub_options
def command(
    dry_run: bool,  # noqa: FBT001 - a flag
    plan_file: Path | None,
    output: str,
    detailed_exitcode: bool,  # noqa: FBT001 - a flag
    **where: Any,
) -> int:
    """Reconcile all members once: decide, record the decisions, apply, report."""
    from reconciler.adapters.leader import hub_lock
    from reconciler.cli.settings import settings_of
    from reconciler.runtime.service import build_hub

    settings = settings_of(**where)
    with hub_lock(settings.lock, "apply"):
        hub = build_hub(settings, progress())
        done = asyncio.run(hub.reconcile(dry_run=dry_run, plan_digest=_digest(plan_file)))
    if output == "json":
        show_json(encode_pass(done))
    else:
        show_pass(done, is_rehearsal=dry_run)
    return exit_code(done, detailed=detailed_exitcode)


def exit_code(done: PassResult, *, detailed: bool = False) -> int:
    """The exit code of a pass (design §7)."""
    code = input_exit(done.diagnostics)
    if code in {EXIT_INVALID, EXIT_BLOCKED}:
        return code
    if done.outcome.plan.is_blocked:
        return EXIT_BLOCKED
    if done.has_failures:
        return EXIT_ERROR
    return EXIT_CHANGES if detailed and not done.outcome.plan.is_empty else EXIT_DONE


def show_pass(done: PassResult, *, is_rehearsal: bool = False) -> None:
    """The plan as it was carried out, then what failed, in lines."""
    from reconciler.plan.formats import FORMATS, Context
    from reconciler.runtime.executor import Result

    outcome = done.outcome
    context = Context(
        base=done.before[:7] or "nothing",
        head=outcome.fleet.revision[:7],
        clusters=len(outcome.fleet.clusters),
        objects=len(outcome.fleet.templates),
        width=width(),
        has_colour=has_colour(),
    )
    click.echo(FORMATS["text"](outcome.plan, context), nl=False)
    for one in done.execution.results:
        if one.result in {Result.FAILED, Result.CONFLICT}:
            where = f"{one.change.cluster}  {one.change.key}"
            say(printable(f"{one.result}  {where}: {one.message}"), fg="red")
    say(_verdict(done, is_rehearsal=is_rehearsal))
    if done.error:
        say(printable(f"error: {done.error}"), fg="red")
    show_diagnostics(done.diagnostics)


def _verdict(done: PassResult, *, is_rehearsal: bool) -> str:
    """`Applied: 4 done, 1 failed; frozen: eu-1.`, counts of what happened alone."""
    from reconciler.runtime.executor import Result

    counted = [(done.execution.count(kind), kind) for kind in Result]
    counts = ", ".join(f"{number} {kind}" for number, kind in counted if number)
    frozen = sorted({*done.outcome.frozen_clusters, *done.execution.frozen})
    left = f"; frozen: {', '.join(frozen)}" if frozen else ""
    title, end = ("Checked", "; nothing is kept.") if is_rehearsal else ("Applied", ".")
    return printable(f"{title}: {counts or 'nothing to do'}{left}{end}")


def encode_pass(done: PassResult) -> dict[str, Any]:
    """A pass for programs."""
    plan = done.outcome.plan
    return {
        "sourceCommit": done.outcome.fleet.revision,
        "planDigest": plan.digest,
        "isHeld": done.outcome.is_held,
        "hold": plan.hold.digest if plan.hold else None,
        "unchanged": plan.unchanged,
        "frozenClusters": dict(done.outcome.frozen_clusters) | dict(done.execution.frozen),
        "error": done.error,
        "changes": [
            {
                "cluster": one.change.cluster,
                "object": str(one.change.key),
                "action": str(one.change.action),
                "result": str(one.result),
                "message": one.message,
            }
            for one in done.execution.results
        ],
        "diagnostics": [encode_diagnostic(one) for one in done.diagnostics],
    }


def _digest(plan_file: Path | None) -> str:
    if plan_file is None:
        return ""
    import orjson

    from reconciler.model.errors import SettingsInvalid

    try:
        document = orjson.loads(plan_file.read_bytes())
        return str(document.get("planDigest") or document["digest"])
    except (ValueError, KeyError, AttributeError) as error:
        raise SettingsInvalid(
            f"{plan_file} is no plan of ours", hint="make one with `apply --dry-run --output json`"
        ) from error
