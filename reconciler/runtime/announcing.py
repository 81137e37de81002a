"""Announcing: one status for each commit on its Git host, and notifications of what changed.

Strategy: what was said last is remembered, so that only news goes out; everything is sent from a
task of its own, because no Git host and no chat may delay a pass. What a receiver does not take is
told in the log and not repeated: the next news says it better.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from reconciler.adapters.writeback.hosts import (
    HostClient,
    HostedRepository,
    Sink,
    notify,
    post_status,
)
from reconciler.model.announcement import (
    CommitState,
    CommitStatus,
    Event,
    Notification,
    Severity,
)
from reconciler.model.errors import ReconcilerError
from reconciler.model.report import FleetReport
from reconciler.runtime.executor import Result
from reconciler.runtime.logs import Log
from reconciler.runtime.results import PassResult
from reconciler.status.commit_status import commit_status

#: News that wait; more than these are not sent, the newest are.
_MOST_WAITING: Final = 100

_Act = Callable[[HostClient], Awaitable[object]]


@dataclass(slots=True)
class Announcing:
    """Tells a Git host and receivers. Without either it does nothing. Authorities in `ca_file` are
    trusted beside the system's.
    """

    log: Log
    host: HostedRepository | None = None
    sinks: tuple[Sink, ...] = ()
    ca_file: Path | None = None
    _waiting: asyncio.Queue[_Act] = field(default_factory=lambda: asyncio.Queue(_MOST_WAITING))
    _last: CommitStatus | None = None
    _frozen: frozenset[str] = frozenset()
    _holds: frozenset[str] = frozenset()

    def __len__(self) -> int:
        """How much waits to be told."""
        return self._waiting.qsize()

    def seen(self, commit: str) -> None:
        """A new commit is the newest."""
        self._tell_host(
            CommitStatus(
                commit=commit, state=CommitState.PENDING, description="seen; about to be applied"
            )
        )

    def passed(self, done: PassResult) -> None:
        """A pass came to its end."""
        refused = done.execution.count(Result.FAILED) + done.execution.count(Result.CONFLICT)
        status = commit_status(done.report, refused=refused)
        before = self._last
        self._tell_host(status)
        for notification in self._news(done.report, before, status):
            for sink in self.sinks:
                self._put(partial(notify, sink=sink, notification=notification))

    async def run(self) -> None:
        """Send what waits, until cancelled."""
        async with HostClient(ca_file=self.ca_file) as client:
            while True:
                act = await self._waiting.get()
                try:
                    await act(client)
                except ReconcilerError as error:
                    self.log.warning("announcement failed", message=str(error), hint=error.hint)

    def _tell_host(self, status: CommitStatus) -> None:
        if status == self._last or not status.commit:
            return
        self._last = status
        if self.host is not None:
            host = self.host
            self._put(lambda client: post_status(client, host, status))

    def _news(
        self, report: FleetReport, before: CommitStatus | None, now: CommitStatus
    ) -> Iterator[Notification]:
        """What is another than it was."""
        if before is None or (before.commit, before.state) != (now.commit, now.state):
            yield from _of_state(now)
        holds = frozenset(report.holds)
        for digest in sorted(holds - self._holds):
            yield Notification(
                event=Event.HELD,
                severity=Severity.WARNING,
                title="Deletions wait for approval",
                text=f"reconciler approve {digest}",
                commit=report.source_commit,
            )
        frozen = frozenset(report.frozen_clusters)
        for name in sorted(frozen - self._frozen):
            yield _member(Event.MEMBER_FROZEN, name, report.frozen_clusters[name])
        for name in sorted(self._frozen - frozen):
            yield _member(Event.MEMBER_RECOVERED, name, "it can be read again")
        self._holds, self._frozen = holds, frozen

    def _put(self, act: _Act) -> None:
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(act)


def _of_state(status: CommitStatus) -> Iterator[Notification]:
    commit = status.commit[:12]
    if status.state is CommitState.SUCCESS:
        yield Notification(
            event=Event.APPLIED,
            severity=Severity.INFO,
            title=f"Commit {commit} is applied",
            text=status.description,
            commit=status.commit,
        )
    elif status.state is CommitState.FAILURE:
        yield Notification(
            event=Event.FAILED,
            severity=Severity.ERROR,
            title=f"Commit {commit} is not applied everywhere",
            text=status.description,
            commit=status.commit,
        )


def _member(event: Event, name: str, why: str) -> Notification:
    is_frozen = event is Event.MEMBER_FROZEN
    return Notification(
        event=event,
        severity=Severity.WARNING if is_frozen else Severity.INFO,
        title=f"Member {name} {'is left alone' if is_frozen else 'is back'}",
        text=why,
        clusters=(name,),
    )
