"""The loop of `reconciler run`: a pass when the source branch moved, and at every interval.

A pass that fails is said and tried again at the next poll; nothing but a signal ends the loop.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from datetime import timedelta

from reconciler.adapters.clock import Scheduler
from reconciler.model.errors import ReconcilerError
from reconciler.runtime.hub import Hub, PassResult

#: Hears of every pass: its result, or what it failed with.
Listener = Callable[[PassResult | ReconcilerError], None]


async def run(hub: Hub, *, interval: float, listener: Listener, once: bool = False) -> None:
    """Reconcile now, then at every interval until SIGTERM or SIGINT."""
    await _pass(hub, listener)
    if once:
        return
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    scheduler = Scheduler()
    scheduler.start()
    scheduler.every(
        "poll",
        timedelta(seconds=interval),
        lambda: _pass(hub, listener),
        jitter=timedelta(seconds=interval / 10),
    )
    try:
        await stopped.wait()
    finally:
        scheduler.stop()


async def _pass(hub: Hub, listener: Listener) -> None:
    try:
        listener(await hub.reconcile())
    except ReconcilerError as error:
        listener(error)
