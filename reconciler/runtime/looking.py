"""Looking for drift: how live members differ from the last applied commit, reading alone."""

from __future__ import annotations

from reconciler.runtime.hub import Hub
from reconciler.runtime.passing import Pass, PassOptions
from reconciler.runtime.results import PassResult


async def look(hub: Hub) -> PassResult:
    """One look; its plan is what healing would do. Raises `SettingsInvalid` before the first
    apply.
    """
    return await Pass(hub, PassOptions(drift=True)).run()
