"""Carries out a Plan: all members at once, each bounded and on its own, wave after wave.

Rules (design §6, §8). A failing object stops no other; a member that does not answer freezes
itself. A precondition that fails (409) means: observe again, decide again, but never beyond what
the plan allowed. A delete that has begun is finished and recorded even when the run is cancelled;
one that a busy server refused is begun anew, on the object as it is then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import orjson

from reconciler.diff.managed import FIELD_MANAGER, without_former_appliers
from reconciler.diff.order import reordered
from reconciler.model.change import Action, Change, Plan
from reconciler.model.errors import LockHeld, MemberRefused, MemberUnreachable, NoCredentials
from reconciler.model.member import ObjectRef, PatchType
from reconciler.model.text import printable, shortened
from reconciler.plan.order import waves
from reconciler.runtime.doubts import Doubts
from reconciler.runtime.fights import Fights
from reconciler.runtime.ports import Member

#: `(change, observed now)` to the decision as it is now.
Recompare = Callable[[Change, dict[str, Any] | None], Change]

NAMESPACE: Final = ("", "Namespace")
CRD: Final = ("apiextensions.k8s.io", "CustomResourceDefinition")
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409
_TOO_MANY: Final = 429
_BUSY_SECONDS: Final = 2.0
_DELETING: Final = frozenset({Action.DELETE, Action.RECREATE})
_ALREADY_EXISTS: Final = "AlreadyExists"
_LONGEST_MESSAGE: Final = 1000
#: What a change may turn into when it is decided again: nothing that deletes.
_HARMLESS: Final = frozenset({Action.CREATE, Action.UPDATE, Action.ADOPT})


class Result(StrEnum):
    """How a change ended."""

    DONE = "done"
    FAILED = "failed"
    CONFLICT = "conflict"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeResult:
    """One change with its end; `message` is redacted, `observed` what the member made of it.
    `seconds` is how long it took, 0 for a change that asked nothing of the member.
    """

    change: Change
    result: Result
    message: str = ""
    seconds: float = field(default=0.0, compare=False)
    observed: dict[str, Any] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionReport:
    """What became of a plan. `frozen` names the members that were given up, and why; an interrupted
    run leaves the rest of its plan to the next pass.
    """

    results: tuple[ChangeResult, ...] = ()
    frozen: Mapping[str, str] = field(default_factory=dict)
    is_interrupted: bool = False

    def count(self, result: Result) -> int:
        """How many changes ended so."""
        return sum(1 for one in self.results if one.result is result)

    def done_on(self, cluster: str) -> tuple[Change, ...]:
        """What was carried out on one member."""
        return tuple(
            one.change
            for one in self.results
            if one.result is Result.DONE and one.change.cluster == cluster
        )

    @property
    def deleted(self) -> tuple[Change, ...]:
        """What was deleted: the budget's window is made of it."""
        return tuple(
            one.change
            for one in self.results
            if one.result is Result.DONE and one.change.action in _DELETING
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionOptions:
    """How to execute. `recompare` decides again after a failed precondition; `redact` takes secrets
    out of texts; `record` hears of each result at once, also when the run is cancelled later.
    `allowed` raises when this process may not act any more; it is asked before every write.
    `doubts` hears of writes that nobody knows the end of. `may_delete` is asked before every
    attempt to delete: once a newer commit is known it may want the object.
    """

    recompare: Recompare
    redact: Callable[[str], str]
    now: Callable[[], float]
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    record: Callable[[ChangeResult], None] = lambda _result: None
    allowed: Callable[[], None] = lambda: None
    may_delete: Callable[[], bool] = lambda: True
    fights: Fights = field(default_factory=Fights)
    doubts: Doubts = field(default_factory=Doubts)
    concurrency: int = 8
    attempts: int = 3
    dry_run: bool = False
    settle_seconds: float = 30.0
    poll_seconds: float = 0.2


async def execute(
    plan: Plan, members: Mapping[str, Member], options: ExecutionOptions
) -> ExecutionReport:
    """Carry out the plan's changes; every one of them gets a result."""
    by_cluster: dict[str, list[Change]] = {}
    for change in plan.changes:
        by_cluster.setdefault(change.cluster, []).append(change)
    runs = [
        _MemberRun(name, members.get(name), changes, options)
        for name, changes in by_cluster.items()
    ]
    await asyncio.gather(*(run.run() for run in runs))
    return ExecutionReport(
        results=tuple(result for run in runs for result in run.results),
        frozen={run.name: run.frozen for run in runs if run.frozen},
    )


class _MemberRun:
    """The changes of one member."""

    def __init__(
        self, name: str, member: Member | None, changes: Sequence[Change], options: ExecutionOptions
    ) -> None:
        self.name = name
        self.frozen = "" if member is not None else "there is no connection to it"
        self.results: list[ChangeResult] = []
        self._member = member
        self._changes = changes
        self._options = options
        self._places = asyncio.Semaphore(options.concurrency)
        self._new_groups: set[str] = set()
        self._coming = {_brought_by(change) for change in changes} - {""}

    async def run(self) -> None:
        """All waves, one after the other."""
        for wave in waves(self._changes):
            async with asyncio.TaskGroup() as group:
                for change in wave:
                    group.create_task(self._one(change))

    async def _one(self, change: Change) -> None:
        async with self._places:
            result = self._without_request(change)
            if result is None:
                assert self._member is not None
                result = await self._requested(self._member, change)
        self._keep(result)

    def _without_request(self, change: Change) -> ChangeResult | None:
        """The result of a change that asks nothing of the member; None for one that does."""
        if change.action is Action.CONFLICT:
            return ChangeResult(change=change, result=Result.CONFLICT, message=change.reason)
        if change.action in {Action.HOLD, Action.UNCHANGED}:
            return ChangeResult(change=change, result=Result.SKIPPED, message=change.reason)
        if self.frozen:
            return ChangeResult(change=change, result=Result.SKIPPED, message=self.frozen)
        if change.action in _DELETING and not self._options.may_delete():
            return left_for_later(change)
        seconds = self._options.fights.seconds_left(change, self._options.now())
        if seconds > 0:
            rounds = self._options.fights.rounds(change, self._options.now())
            return ChangeResult(
                change=change,
                result=Result.SKIPPED,
                message=f"something changes it back: written {rounds} times in a row; "
                f"it is left alone for {seconds:.0f} s",
            )
        return None

    async def _requested(self, member: Member, change: Change) -> ChangeResult:
        if change.action not in _DELETING:
            return await self._ended(member, change)
        task = asyncio.ensure_future(self._ended(member, change))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # What has begun to be deleted counts in the budget, whoever stops us.
            self._keep(await task)
            raise

    async def _ended(self, member: Member, change: Change) -> ChangeResult:
        """The end of the change, and how long it took."""
        began = self._options.now()
        result = await self._attempted(member, change)
        return replace(result, seconds=self._options.now() - began)

    async def _attempted(self, member: Member, change: Change) -> ChangeResult:
        """The change carried out, or the reason why not."""
        try:
            return await self._carried_out(member, change)
        except (MemberUnreachable, NoCredentials, LockHeld) as error:
            self.frozen = self._text(error)
            return ChangeResult(change=change, result=Result.FAILED, message=self.frozen)
        except MemberRefused as error:
            if self._is_known_after_apply(change, error):
                return ChangeResult(
                    change=change,
                    result=Result.DONE,
                    message="known after apply: its namespace or kind comes with this plan",
                )
            return ChangeResult(change=change, result=Result.FAILED, message=self._text(error))
        except Exception as error:  # noqa: BLE001 - one hostile object must not stop the others
            message = f"{type(error).__name__}: {self._text(error)}"
            return ChangeResult(change=change, result=Result.FAILED, message=message)

    def _is_known_after_apply(self, change: Change, error: MemberRefused) -> bool:
        """Whether a dry run misses what this very plan would have created first."""
        if not self._options.dry_run or error.status != _NOT_FOUND:
            return False
        return change.key.namespace in self._coming or change.key.group in self._coming

    async def _carried_out(self, member: Member, change: Change) -> ChangeResult:
        """Try; after a failed precondition observe, decide again and try again."""
        if not change.payload and change.action is not Action.DELETE:
            return await self._decided_again(member, change, self._options.attempts)
        return await self._tried(member, change, self._options.attempts)

    async def _tried(self, member: Member, change: Change, attempts: int) -> ChangeResult:
        try:
            with self._doubting(change):
                observed = await self._write(member, change)
        except MemberRefused as error:
            is_busy = error.status == _TOO_MANY and change.action in _DELETING
            if not (error.status == _CONFLICT or is_busy) or attempts <= 1:
                raise
            if is_busy:
                await self._options.wait(_BUSY_SECONDS)
            return await self._decided_again(member, change, attempts - 1)
        if change.action is not Action.DELETE and not self._options.dry_run:
            self._options.fights.wrote(change, self._options.now())
        return ChangeResult(change=change, result=Result.DONE, observed=observed)

    def _doubting(self, change: Change) -> AbstractContextManager[None]:
        """What a write may bring is in doubt until its answer is there."""
        if change.action is Action.DELETE or self._options.dry_run:
            return nullcontext()
        return self._options.doubts.about(change, self._options.now)

    async def _decided_again(self, member: Member, change: Change, attempts: int) -> ChangeResult:
        observed = await member.get(_ref(change))
        if change.action is Action.DELETE and observed is None:
            return ChangeResult(change=change, result=Result.DONE, message="it was gone already")
        again = self._options.recompare(change, observed)
        if again.action is Action.CONFLICT:
            return ChangeResult(change=again, result=Result.CONFLICT, message=again.reason)
        if again.action is Action.UNCHANGED:
            return ChangeResult(
                change=again, result=Result.DONE, message=again.reason, observed=observed
            )
        is_same_delete = again.action is change.action and again.uid == change.uid
        if again.action in _DELETING and not self._options.may_delete():
            return left_for_later(change)
        if again.action not in _HARMLESS and not is_same_delete:
            return ChangeResult(
                change=change,
                result=Result.FAILED,
                message="the member changed meanwhile; the next pass decides anew",
            )
        return await self._tried(member, again, attempts)

    async def _write(self, member: Member, change: Change) -> dict[str, Any] | None:
        """The one request, or the few, that a change is."""
        self._options.allowed()
        dry_run = self._options.dry_run
        ref = _ref(change)
        if change.action is Action.DELETE:
            await member.delete(
                ref, uid=change.uid, resource_version=change.resource_version, dry_run=dry_run
            )
            return None
        if change.action is Action.RECREATE:
            await self._gone(member, change, ref)
            if dry_run:
                return None
        if change.desired is None:
            return await self._without_work(member, change, ref)
        observed = await self._applied(member, change, ref)
        if _is_taken_over(change) and not dry_run:
            observed = await self._handed_over(member, ref, observed)
        if (change.key.group, change.key.kind) == CRD and not dry_run:
            await self._established(member, ref, observed)
        return observed

    async def _applied(self, member: Member, change: Change, ref: ObjectRef) -> dict[str, Any]:
        """Server-side apply. A new object is not forced: should another have come meanwhile, its
        fields are a conflict and not ours to take.
        """
        force = change.action not in {Action.CREATE, Action.RECREATE}
        deadline = self._options.now() + self._options.settle_seconds
        while True:
            try:
                observed = await member.apply(
                    ref, change.payload, force=force, dry_run=self._options.dry_run
                )
                return await self._in_order(member, change, ref, observed)
            except MemberRefused as error:
                is_new_kind = error.status == _NOT_FOUND and change.key.group in self._new_groups
                if not is_new_kind or self._options.now() >= deadline:
                    raise
            # Established says that the kind is named; serving it takes another moment.
            await self._options.wait(self._options.poll_seconds)

    async def _handed_over(
        self, member: Member, ref: ObjectRef, observed: dict[str, Any]
    ) -> dict[str, Any]:
        """End the ownership of who applied the object before us by other ways than apply."""
        kept = without_former_appliers(observed)
        if kept is None:
            return observed
        version = observed["metadata"]["resourceVersion"]
        patch = {"metadata": {"resourceVersion": version, "managedFields": kept}}
        return await member.patch(ref, orjson.dumps(patch), PatchType.MERGE)

    async def _in_order(
        self, member: Member, change: Change, ref: ObjectRef, observed: dict[str, Any]
    ) -> dict[str, Any]:
        """Put the lists in order that an older server merged without regard to it."""
        put = reordered(orjson.loads(change.payload), observed)
        if put is observed or self._options.dry_run:
            return observed
        return await member.update(ref, orjson.dumps(put))

    async def _without_work(
        self, member: Member, change: Change, ref: ObjectRef
    ) -> dict[str, Any] | None:
        """A bare namespace, or our marks taken off an object that is to stay."""
        if change.action is Action.UPDATE:
            return await member.patch(
                ref, change.payload, PatchType.MERGE, dry_run=self._options.dry_run
            )
        assert (change.key.group, change.key.kind) == NAMESPACE
        try:
            return await member.create(ref, change.payload, dry_run=self._options.dry_run)
        except MemberRefused as error:
            if error.reason != _ALREADY_EXISTS:
                raise
            return None

    async def _gone(self, member: Member, change: Change, ref: ObjectRef) -> None:
        """Delete the object that is to be made anew and wait until it is gone."""
        await member.delete(
            ref,
            uid=change.uid,
            resource_version=change.resource_version,
            dry_run=self._options.dry_run,
        )
        deadline = self._options.now() + self._options.settle_seconds
        while not self._options.dry_run and await member.get(ref) is not None:
            if self._options.now() >= deadline:
                raise MemberRefused(f"{change.key} is not gone yet; it is created when it is")
            await self._options.wait(self._options.poll_seconds)

    async def _established(
        self, member: Member, ref: ObjectRef, observed: dict[str, Any] | None
    ) -> None:
        """Wait until the CRD's kind is served."""
        self._new_groups.add(_group_of(observed))
        deadline = self._options.now() + self._options.settle_seconds
        while not _is_established(observed):
            if self._options.now() >= deadline:
                raise MemberRefused(f"{ref.key} is not Established yet")
            await self._options.wait(self._options.poll_seconds)
            observed = await member.get(ref)

    def _keep(self, result: ChangeResult) -> None:
        self.results.append(result)
        self._options.record(result)

    def _text(self, error: Exception) -> str:
        return shortened(printable(self._options.redact(str(error))), _LONGEST_MESSAGE)


def left_for_later(change: Change) -> ChangeResult:
    message = "a newer commit is known; the next pass decides"
    return ChangeResult(change=change, result=Result.SKIPPED, message=message)


def _ref(change: Change) -> ObjectRef:
    return ObjectRef(api_version=change.api_version, key=change.key)


def _brought_by(change: Change) -> str:
    """The namespace or API group that others of a plan may wait for; `` for any other change."""
    if change.action is not Action.CREATE:
        return ""
    kind = (change.key.group, change.key.kind)
    if kind == NAMESPACE:
        return change.key.name
    # A CRD is named `<plural>.<group>`.
    return change.key.name.partition(".")[2] if kind == CRD else ""


def _is_taken_over(change: Change) -> bool:
    """Whether the object was there and had never been applied by us."""
    mark = f"metadata.managedFields.{FIELD_MANAGER}"
    return change.action is Action.ADOPT or any(
        edit.path == mark and edit.is_added for edit in change.edits
    )


def _is_established(crd: Mapping[str, Any] | None) -> bool:
    conditions = ((crd or {}).get("status") or {}).get("conditions") or ()
    return any(
        one.get("type") == "Established" and one.get("status") == "True" for one in conditions
    )


def _group_of(crd: Mapping[str, Any] | None) -> str:
    return str(((crd or {}).get("spec") or {}).get("group") or "")
