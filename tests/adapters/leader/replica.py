"""A replica as a process of its own: writes a line for each act, asks before each of them.

python -m tests.adapters.leader.replica URL TOKEN IDENTITY FILE
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from reconciler.adapters.clock.system import SystemClock
from reconciler.adapters.leader import LeaseElection
from reconciler.model.errors import LockHeld
from tests.adapters.leader.conftest import NAMESPACE, LeaseServer


async def main(url: str, token: str, identity: str, path: Path) -> None:
    """Act every tenth of a second while leading."""
    clock = SystemClock()
    client = LeaseServer(url=url, token=token).client()
    election = LeaseElection(
        client, namespace=NAMESPACE, name="processes", identity=identity, clock=clock
    )

    async def lead(term: int) -> None:
        while True:
            try:
                election.check()
            except LockHeld:
                _say(path, f"refused {identity} {term}")
                raise
            _say(path, f"act {identity} {term} {clock.monotonic()}")
            await asyncio.sleep(0.1)

    while True:
        try:
            await election.run(lead)
        except LockHeld:
            continue


def _say(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])))
