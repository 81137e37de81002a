"""`reconciler run`: reconcile on every commit and at every interval, until stopped."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.apply import encode_pass, exit_code
from reconciler.cli.console import EXIT_ERROR, progress, say, show_diagnostics, show_json
from reconciler.cli.options import hub_options, output_option

if TYPE_CHECKING:
    from reconciler.model.errors import ReconcilerError
    from reconciler.runtime.hub import PassResult

_EPILOG = """\b
Examples:
  reconciler run --repo https://git.example/fleet.git --credentials ./credentials
  reconciler run --once                    one pass, as in a cron job
"""


@click.command("run", epilog=_EPILOG)
@click.option("--once", is_flag=True, help="One pass, then stop.")
@click.option(
    "--interval", default=30.0, show_default=True, type=click.FloatRange(min=1), help="Seconds."
)
@output_option
@hub_options
def command(once: bool, interval: float, output: str, **where: Any) -> int:  # noqa: FBT001 - a flag
    """Reconcile on every commit, until stopped. Polls the repository at every interval."""
    from reconciler.adapters.leader import hub_lock
    from reconciler.cli.settings import settings_of
    from reconciler.runtime.loop import run
    from reconciler.runtime.service import build_hub

    settings = settings_of(**where)
    codes = [0]

    def listener(done: PassResult | ReconcilerError) -> None:
        codes.append(_say_pass(done, output))

    with hub_lock(settings.lock, "run"):
        hub = build_hub(settings, progress())
        asyncio.run(run(hub, interval=interval, listener=listener, once=once))
    return codes[-1] if once else 0


def _say_pass(done: PassResult | ReconcilerError, output: str) -> int:
    from reconciler.model.errors import ReconcilerError
    from reconciler.runtime.executor import Result

    if isinstance(done, ReconcilerError):
        click.echo(f"error: {done}\n  next: {done.hint}", err=True)
        return EXIT_ERROR
    if output == "json":
        show_json(encode_pass(done))
    else:
        moment = datetime.now(UTC).strftime("%H:%M:%S")
        counts = {kind: done.execution.count(kind) for kind in Result}
        written = ", ".join(f"{number} {kind}" for kind, number in counts.items() if number)
        say(f"{moment} {done.outcome.fleet.revision[:12]} {written or 'in sync'}")
        show_diagnostics(done.diagnostics)
    return exit_code(done)
