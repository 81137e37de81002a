"""Watched kinds: what a member holds, listed once and followed from there.

Strategy: one list and one watch for each kind that is looked at. A watch that ends goes on at the
resourceVersion it had come to; only where the server has forgotten that is the kind listed again.
Whoever asks for a list gets what is known, as long as the watch stands; while it is broken the
member is unreadable, for what may be old must not be acted on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from reconciler.adapters.members.observe import MANAGED_SELECTOR
from reconciler.model.errors import MemberRefused, MemberUnreachable, NoCredentials, ReconcilerError
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.member import KindRef, Listing, ObjectRef, WatchEvent
from reconciler.runtime.ports import Member
from reconciler.runtime.queue import Backoff
from reconciler.runtime.results import Clock

_GONE: Final = 410
_SHORTEST_SECONDS: Final = 1.0
#: A late answer counts no longer than this; what is done with it has preconditions all the same.
_OLD_SECONDS: Final = 10.0
_NAMESPACE: Final = ("v1", "Namespace")

#: `(identity, body before, body now)` of an object that changed; None: it is not there.
Heard = Callable[[ObjectKey, dict[str, Any] | None, dict[str, Any] | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """How kinds are watched. `heard` of changes, `recovered` when a broken watch stands again,
    `refused` when the credentials are good no more.

    `patience_seconds`: how long a list may take whoever asks for one.
    """

    clock: Clock
    chance: Callable[[], float]
    heard: Heard
    recovered: Callable[[], None] = lambda: None
    refused: Callable[[], None] = lambda: None
    backoff: Backoff = field(default_factory=lambda: Backoff(longest_seconds=30.0))
    patience_seconds: float = 30.0


class KindWatch:
    """One kind of one member, followed by a task of its own."""

    def __init__(self, member: Member, ref: KindRef, selector: str, options: WatchOptions) -> None:
        self.objects: dict[ObjectKey, dict[str, Any]] = {}
        self._member, self._ref, self._selector = member, ref, selector
        self._options = options
        self._version = ""
        self._problem: ReconcilerError | None = None
        self._listed = asyncio.Event()
        self._tried = asyncio.Event()
        self._hurry = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    @property
    def is_standing(self) -> bool:
        """Whether what is known is what there is."""
        return self._listed.is_set() and self._problem is None

    async def known(self) -> tuple[dict[str, Any], ...]:
        """Everything of the kind; raises why it cannot be known."""
        if not self.is_standing:
            self._tried.clear()
            self._hurry.set()
            try:
                async with asyncio.timeout(self._options.patience_seconds):
                    await self._tried.wait()
            except TimeoutError:
                raise MemberUnreachable(
                    f"{self._member.name} did not list its {self._ref.kind} in time"
                ) from None
        if self._problem is not None:
            raise self._problem
        return tuple(self.objects.values())

    def wrote(self, key: ObjectKey, body: dict[str, Any]) -> None:
        """What the server made of a write of ours; its event may still be on the way."""
        if _is_newer(body, self.objects.get(key)):
            self.objects[key] = body

    async def close(self) -> None:
        """Stop following; who waits for an answer gets none."""
        self._task.cancel()
        await asyncio.wait({self._task})
        self._problem = MemberUnreachable(f"{self._member.name} is being opened again")
        self._tried.set()

    async def _run(self) -> None:
        failures = 0
        while True:
            began = self._options.clock.monotonic()
            try:
                if not self._listed.is_set():
                    await self._list()
                self._stands()
                await self._follow()
            except MemberRefused as refusal:
                self._broken(refusal)
            except NoCredentials as problem:
                self._problem = problem
                self._options.refused()
            except ReconcilerError as problem:
                self._problem = problem
            except Exception as error:  # noqa: BLE001 - whatever a hostile member says
                kind = type(error).__name__
                self._broken(MemberRefused(f"{self._member.name} cannot be understood: {kind}"))
            lasted = self._options.clock.monotonic() - began
            failures = 0 if lasted >= _SHORTEST_SECONDS else failures + 1
            self._tried.set()
            await self._pause(failures)

    def _stands(self) -> None:
        was_broken, self._problem = self._problem is not None, None
        self._tried.set()
        if was_broken:
            self._options.recovered()

    def _broken(self, refusal: MemberRefused) -> None:
        """What was seen last is forgotten by the server, or the server answers no."""
        self._listed.clear()
        self._problem = None if refusal.status == _GONE else refusal

    async def _pause(self, failures: int) -> None:
        """Nothing after a watch that lasted; else longer and longer, unless somebody waits."""
        if not failures:
            return
        seconds = self._options.backoff.pause(failures, self._options.chance())
        timer = asyncio.ensure_future(self._options.clock.sleep(seconds))
        hurry = asyncio.ensure_future(self._hurry.wait())
        try:
            await asyncio.wait({timer, hurry}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            hurry.cancel()
            self._hurry.clear()

    async def _list(self) -> None:
        listing = await self._member.list(self._ref, label_selector=self._selector)
        before = self.objects
        self.objects = {Manifest(body).key: body for body in listing.items}
        self._version = listing.resource_version
        is_first = not self._listed.is_set() and not before
        self._listed.set()
        if is_first:
            return
        for key in {*before, *self.objects}:
            old, new = before.get(key), self.objects.get(key)
            if old != new:
                self._options.heard(key, old, new)

    async def _follow(self) -> None:
        events = self._member.watch(
            self._ref, label_selector=self._selector, resource_version=self._version
        )
        async for event in events:
            self._take(event)

    def _take(self, event: WatchEvent) -> None:
        if event.type == "ERROR":
            code = event.object.get("code")
            raise MemberRefused(
                f"{self._member.name} ended a watch of {self._ref.kind}",
                status=code if isinstance(code, int) else 0,
            )
        manifest = Manifest(event.object)
        self._version = str(event.object["metadata"].get("resourceVersion") or self._version)
        if event.type == "BOOKMARK":
            return
        said = event.object.get("apiVersion"), event.object.get("kind")
        if said != (self._ref.api_version, self._ref.kind):
            raise MemberRefused(f"{self._member.name} told of another kind than {self._ref.kind}")
        key, old = manifest.key, self.objects.get(manifest.key)
        if event.type == "DELETED":
            if old is None or _uid(old) == _uid(event.object):
                self.objects.pop(key, None)
                self._options.heard(key, old, None)
        elif _is_newer(event.object, old):
            self.objects[key] = event.object
            self._options.heard(key, old, event.object)


#: Answers by what was asked, with the moment they came at.
_Answers = dict[object, tuple[float, Any]]


class WatchedKinds:
    """The reading half of a member, answered from watches where there are any."""

    def __init__(self, member: Member, options: WatchOptions) -> None:
        self._member = member
        self._options = options
        self._watches: dict[tuple[str, str], KindWatch] = {}
        self._asked: set[tuple[str, str]] = set()
        self._answers: _Answers = {}
        self._late: _Answers | None = None

    def begin(self) -> None:
        """A new observation: what it does not ask for is followed no longer."""
        self._asked.clear()
        self._answers, self._late = self._fresh(self._late or {}), None

    def keep_answers(self) -> None:
        """Nobody waits for this observation any more: answers from now on are for the next one."""
        if self._late is None:
            self._late = dict(self._answers)

    def _fresh(self, answers: _Answers) -> _Answers:
        oldest = self._options.clock.monotonic() - _OLD_SECONDS
        return {place: one for place, one in answers.items() if one[0] >= oldest}

    async def end(self) -> None:
        """Stop following kinds that nobody asks for."""
        idle = [self._watches.pop(place) for place in self._watches.keys() - self._asked]
        await asyncio.gather(*(watch.close() for watch in idle))

    def __len__(self) -> int:
        """How many kinds are watched."""
        return len(self._watches)

    async def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        """One object, asked for, unless the answer came late the last time."""
        found: dict[str, Any] | None = await self._once(ref, lambda: self._member.get(ref))
        return found

    async def _once(self, place: object, ask: Callable[[], Awaitable[Any]]) -> Any:
        if place in self._answers:
            return self._answers[place][1]
        found = await ask()
        if self._late is not None:
            self._late[place] = (self._options.clock.monotonic(), found)
        return found

    async def list(
        self, ref: KindRef, *, label_selector: str = "", metadata_only: bool = False
    ) -> Listing:
        """Our objects of a kind and all namespaces from their watches; anything else is asked."""
        is_ours = label_selector == MANAGED_SELECTOR and not ref.namespace
        is_all = (ref.api_version, ref.kind) == _NAMESPACE and not label_selector
        if not (is_ours or is_all):
            asked = partial(
                self._member.list, ref, label_selector=label_selector, metadata_only=metadata_only
            )
            found: Listing = await self._once((ref, label_selector, metadata_only), asked)
            return found
        # All namespaces hold ours too.
        selector = "" if (ref.api_version, ref.kind) == _NAMESPACE else label_selector
        items = await self._watch(ref, selector).known()
        if is_ours and not selector:
            items = tuple(body for body in items if _is_managed(body))
        return Listing(items=items)

    def wrote(self, api_version: str, key: ObjectKey, body: dict[str, Any]) -> None:
        """Know the result of a write at once."""
        watch = self._watches.get((api_version, key.kind))
        if watch is not None:
            watch.wrote(key, body)

    def seen(self, api_version: str, key: ObjectKey) -> dict[str, Any] | None:
        """The object as it was last heard of."""
        watch = self._watches.get((api_version, key.kind))
        return watch.objects.get(key) if watch is not None else None

    async def close(self) -> None:
        """End every watch."""
        await asyncio.gather(*(watch.close() for watch in self._watches.values()))
        self._watches.clear()

    def _watch(self, ref: KindRef, selector: str) -> KindWatch:
        place = (ref.api_version, ref.kind)
        self._asked.add(place)
        watch = self._watches.get(place)
        if watch is None:
            watch = self._watches[place] = KindWatch(self._member, ref, selector, self._options)
        return watch


def _is_managed(body: dict[str, Any]) -> bool:
    name, _, value = MANAGED_SELECTOR.partition("=")
    labels = body["metadata"].get("labels")
    return isinstance(labels, dict) and labels.get(name) == value


def _uid(body: dict[str, Any]) -> str:
    return str(body["metadata"].get("uid") or "")


def _is_newer(body: dict[str, Any], known: dict[str, Any] | None) -> bool:
    """Whether a body may replace what is known: versions that are numbers never go back."""
    if known is None or _uid(body) != _uid(known):
        return True
    new, old = (str(one["metadata"].get("resourceVersion") or "") for one in (body, known))
    return not (new.isdigit() and old.isdigit()) or int(new) > int(old)
