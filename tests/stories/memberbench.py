"""A member under test: what is desired of it, and a whole pass over it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from reconciler.adapters.members.api import ApiMember
from reconciler.adapters.members.credentials import Credentials
from reconciler.adapters.members.observe import observe
from reconciler.adapters.members.opening import member_with
from reconciler.adapters.members.pacing import Limits, loop_time
from reconciler.adapters.simulation import Endpoint, SimulatedFleet
from reconciler.diff.compare import compare
from reconciler.diff.context import Context
from reconciler.diff.namespaces import bare_namespaces
from reconciler.interpret.chain import Interpreter
from reconciler.model.change import Action, Change, Plan
from reconciler.model.cluster import Cluster
from reconciler.model.identity import ObjectKey
from reconciler.model.member import KindRef, ObjectRef
from reconciler.model.work import Work
from reconciler.runtime.executor import ExecutionOptions, ExecutionReport, execute
from reconciler.runtime.fights import Fights
from tests.realcluster import RealApiServer
from tests.works import a_work, compared

FLEET = "fleet-under-test"


class Server(Protocol):
    """An API server that a test can also use as somebody else."""

    url: str
    token: str

    def ca_pem(self) -> str:
        """The certificate to trust, empty for plain http."""
        ...

    def request(
        self, method: str, path: str, body: Any = None, *, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        """Status and body of one request."""
        ...

    def writes(self) -> int:
        """How many writing requests the server has seen, dry runs included."""
        ...


class RealServer:
    """A real API server as the stories see it."""

    def __init__(self, server: RealApiServer) -> None:
        self._server = server
        self.url = server.url
        self.token = server.token

    def ca_pem(self) -> str:
        """The certificate that the server signed itself."""
        return self._server.ca_file.read_text()

    def request(
        self, method: str, path: str, body: Any = None, *, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        """As somebody else."""
        return self._server.request(method, path, body, content_type=content_type)

    def writes(self) -> int:
        """Counted in the audit log."""
        return audited_writes(self._server.audit_log.read_text())


class CountingFleet(SimulatedFleet):
    """A simulated fleet that counts the writing requests it gets."""

    writes = 0

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.writes += request.method != "GET"
        return await super()._answer(request)


class SimulatedServer:
    """One simulated cluster as the stories see it."""

    def __init__(self, fleet: CountingFleet, endpoint: Endpoint) -> None:
        self._fleet = fleet
        self.url = endpoint.url
        self.token = endpoint.token

    @classmethod
    @contextmanager
    def running(cls, version: str) -> Iterator[SimulatedServer]:
        """A cluster of that version, in a thread of its own."""
        fleet = CountingFleet(["one"], version=version)
        endpoints = fleet.start()
        try:
            yield cls(fleet, endpoints["one"])
        finally:
            fleet.stop()

    def ca_pem(self) -> str:
        """Plain http."""
        return ""

    def request(
        self, method: str, path: str, body: Any = None, *, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        """As somebody else."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)  # noqa: S310
        request.add_header("Authorization", f"Bearer {self.token}")
        if data is not None:
            request.add_header("Content-Type", content_type)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def writes(self) -> int:
        """Counted on arrival."""
        return self._fleet.writes


@dataclass
class Bench:
    """One member, the Works desired of it and those last recorded."""

    server: Server
    name: str = "one"
    adopt: str = ""
    works: dict[ObjectKey, Work] = field(default_factory=dict)
    recorded: dict[ObjectKey, str] = field(default_factory=dict)
    preserved: frozenset[ObjectKey] = frozenset()
    fights: Fights = field(default_factory=Fights)
    settle_seconds: float = 30.0

    def want(self, *manifests: dict[str, Any], conflict: str = "abort") -> None:
        """Add or replace desired objects."""
        for manifest in manifests:
            work = a_work(manifest, self.name, conflict)
            self.works[work.key] = work

    def drop(self, key: ObjectKey) -> None:
        """The object is not desired any more."""
        del self.works[key]

    def member(self) -> ApiMember:
        """A member with connections of its own."""
        return member_with(
            Cluster(name=self.name),
            Credentials(
                server=self.server.url,
                authorization=f"Bearer {self.server.token}",
                ca_pem=self.server.ca_pem(),
            ),
            time=loop_time(lambda: 0.5),
            limits=Limits(timeout_seconds=10, backoff_seconds=0.05, attempts=2),
            redact=lambda text: text,
        )

    def context(self) -> Context:
        """What the comparison knows."""
        return Context(
            cluster=self.name,
            fleet_id=FLEET,
            retain=Interpreter().retain,
            adopt=self.adopt,
            recorded=frozenset(self.recorded),
            preserved=self.preserved,
        )

    async def plan(self, member: ApiMember) -> Plan:
        """Everything that is not unchanged, namespaces first."""
        desired = [ObjectRef(api_version=w.api_version, key=w.key) for w in self.works.values()]
        recorded = [ObjectRef(api_version=v, key=k) for k, v in self.recorded.items()]
        observed = await observe(member, desired, recorded)
        listed = await member.list(KindRef(api_version="v1", kind="Namespace"), metadata_only=True)
        existing = frozenset(item["metadata"]["name"] for item in listed.items)
        changes = [
            *bare_namespaces(self.name, self.works.values(), existing),
            *compared(self.works, observed, self.context()),
        ]
        return Plan(changes=tuple(one for one in changes if one.action is not Action.UNCHANGED))

    async def apply(self) -> tuple[Plan, ExecutionReport]:
        """One whole pass: observe, compare, execute, remember."""
        member = self.member()
        try:
            plan = await self.plan(member)
            report = await execute(plan, {self.name: member}, self.options())
        finally:
            await member.close()
        self.recorded = {key: work.api_version for key, work in self.works.items()}
        return plan, report

    def options(self) -> ExecutionOptions:
        """How to execute."""

        def again(change: Change, observed: dict[str, Any] | None) -> Change:
            assert change.desired is not None or observed is not None
            return compare(change.desired, observed, self.context())

        return ExecutionOptions(
            recompare=again,
            redact=lambda text: text,
            now=time.monotonic,
            fights=self.fights,
            settle_seconds=self.settle_seconds,
        )

    @contextmanager
    def no_writes(self) -> Iterator[None]:
        """Nothing inside may write, dry runs included."""
        before = self.server.writes()
        yield
        assert self.server.writes() == before


def audited_writes(lines: str) -> int:
    """Writing requests of the administrator in an audit log, its own components' left out."""
    count = 0
    for line in lines.splitlines():
        event = json.loads(line)
        if event["user"]["username"] != "admin":
            continue
        count += event["verb"] in {"create", "update", "patch", "delete", "deletecollection"}
    return count
