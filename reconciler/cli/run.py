"""`reconciler run`: reconcile on every commit and at every interval, until stopped."""

from __future__ import annotations

import asyncio
import os
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.apply import encode_pass, exit_code
from reconciler.cli.console import EXIT_ERROR, progress, say, show_diagnostics, show_json
from reconciler.cli.options import hub_options, output_option
from reconciler.model.text import printable

if TYPE_CHECKING:
    from reconciler.model.errors import ReconcilerError
    from reconciler.runtime.hub import PassResult
    from reconciler.runtime.serving import Server
    from reconciler.runtime.settings import Settings

_LEASE = "fleet-reconciler/fleet-reconciler"
_EPILOG = """\b
Examples:
  reconciler run --repo https://git.example/fleet.git --credentials ./credentials
  reconciler run --listen 127.0.0.1:8080   with dashboard, metrics and webhooks
  reconciler run --once                    one pass, as in a cron job
"""


@click.command("run", epilog=_EPILOG)
@click.option("--once", is_flag=True, help="One pass, then stop.")
@click.option(
    "--interval", default=30.0, show_default=True, type=click.FloatRange(min=1), help="Seconds."
)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    default="",
    envvar="RECONCILER_LISTEN",
    help="Serve dashboard, metrics, health and push webhooks there.",
)
@click.option(
    "--leader-elect", is_flag=True, help="Several replicas run, and one of them acts at a time."
)
@click.option(
    "--lease",
    metavar="NAMESPACE/NAME",
    default="",
    envvar="RECONCILER_LEASE",
    help="The Lease they share; naming one means --leader-elect.",
)
@click.option(
    "--hub-kubeconfig",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    envvar="RECONCILER_HUB_KUBECONFIG",
    help="The cluster of the Lease; default: the one this runs in.",
)
@click.option(
    "--log-format",
    type=click.Choice(["console", "json"]),
    default="console",
    show_default=True,
    envvar="RECONCILER_LOG_FORMAT",
    help="How a line of the log looks.",
)
@output_option
@hub_options
def command(
    once: bool,  # noqa: FBT001 - a flag
    interval: float,
    listen: str,
    leader_elect: bool,  # noqa: FBT001 - a flag
    lease: str,
    hub_kubeconfig: Path | None,
    log_format: str,
    output: str,
    **where: Any,
) -> int:
    """Reconcile on every commit and heal every change of members, until stopped.

    RECONCILER_WEBHOOK_SECRET proves push webhooks (POST /webhook/<host>), RECONCILER_VIEWER_TOKEN
    guards the pages, RECONCILER_IDENTITY names this replica.
    """
    from reconciler.cli.settings import settings_of

    settings = settings_of(**where)
    if once:
        return _once(settings, output)
    from reconciler.runtime.logs import LogFormat
    from reconciler.runtime.loop import ServiceOptions
    from reconciler.runtime.service_settings import service_settings
    from reconciler.runtime.serving import Server

    lease = lease or (_LEASE if leader_elect else "")
    environment = {**os.environ, "RECONCILER_LISTEN": listen, "RECONCILER_LEASE": lease}
    server = Server(
        settings=settings,
        service=service_settings(environment, settings.repo),
        log_format=LogFormat.JSON if output == "json" else LogFormat(log_format),
        hub_kubeconfig=hub_kubeconfig,
        options=ServiceOptions(poll_seconds=interval),
    )
    asyncio.run(_serve(server, settings))
    return 0


async def _serve(server: Server, settings: Settings) -> None:
    """Alone on this machine, or one of several replicas."""
    from reconciler.adapters.leader import hub_lock

    with nullcontext() if server.service.lease else hub_lock(settings.lock, "run"):
        await server.run()


def _once(settings: Settings, output: str) -> int:
    from reconciler.adapters.leader import hub_lock
    from reconciler.model.errors import ReconcilerError
    from reconciler.runtime.service import build_hub

    with hub_lock(settings.lock, "run"):
        hub = build_hub(settings, progress())
        try:
            done: PassResult | ReconcilerError = asyncio.run(hub.reconcile())
        except ReconcilerError as error:
            done = error
    return _say_pass(done, output)


def _say_pass(done: PassResult | ReconcilerError, output: str) -> int:
    from reconciler.model.errors import ReconcilerError
    from reconciler.runtime.executor import Result

    if isinstance(done, ReconcilerError):
        click.echo(f"error: {printable(str(done))}\n  next: {printable(done.hint)}", err=True)
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
