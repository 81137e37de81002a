"""One HTTP exchange with a member: bounded in time, size and number, typed in its failures.

Redirects are not followed, cookies not kept, the environment's proxies not used, compressed answers
not asked for. Reads are tried again; a write is tried again only when the server said that it did
not begin. Whether to delete once more is asked anew by whoever deletes.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import orjson
from yarl import URL

from reconciler.adapters.members.credentials import Credentials
from reconciler.adapters.members.endpoint import GuardedResolver
from reconciler.adapters.members.pacing import Breaker, Limits, Time, TokenBucket, backoff
from reconciler.model.errors import MemberRefused, MemberUnreachable, NoCredentials
from reconciler.model.text import printable, shortened

JSON: Final = "application/json"
APPLY_PATCH: Final = "application/apply-patch+yaml"
#: Verbs of reads by what their query says, and of writes by their method.
_READS: Final = {"watch": "watch", "limit": "list"}
_WRITES: Final = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_TOO_MANY: Final = 429
_UNAUTHORIZED: Final = 401
_REDIRECTS: Final = range(300, 400)
_TRY_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_GOOD: Final = range(200, 300)
_LONGEST_TEXT: Final = 4000
_LONGEST_PAUSE: Final = 10.0
_NETWORK_ERRORS: Final = (aiohttp.ClientError, TimeoutError, OSError, ssl.SSLError)


#: `(verb, seconds)` of a request that was answered.
Called = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked; `accepts` is the Accept header."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = JSON
    accepts: str = JSON

    @property
    def is_read(self) -> bool:
        """Whether asking twice changes nothing."""
        return self.method == "GET"

    @property
    def verb(self) -> str:
        """What Kubernetes calls it."""
        if self.is_read:
            return next((verb for name, verb in _READS.items() if name in self.query), "get")
        return "apply" if self.content_type == APPLY_PATCH else _WRITES[self.method]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, content type and the whole body."""

    status: int
    content_type: str
    body: bytes
    retry_after: float = 0.0

    @property
    def is_good(self) -> bool:
        """A status of the 200s."""
        return self.status in _GOOD

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; MemberRefused when it is none."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise MemberRefused("the answer is no JSON", status=self.status) from error
        if not isinstance(value, dict):
            raise MemberRefused("the answer is no JSON object", status=self.status)
        return value


class Transport:
    """The connections to one member; `called` hears of every answer."""

    def __init__(
        self,
        name: str,
        credentials: Credentials,
        *,
        limits: Limits,
        time: Time,
        redact: Callable[[str], str],
        called: Called = lambda _verb, _seconds: None,
    ) -> None:
        self._name = name
        self._credentials = credentials
        self._limits = limits
        self._time = time
        self._redact = redact
        self._called = called
        self._bucket = TokenBucket(limits, time)
        self._breaker = Breaker(limits, time)
        self._places = asyncio.Semaphore(limits.concurrency)
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False

    @property
    def is_resting(self) -> bool:
        """Whether the member failed so often that it is left alone for a while."""
        return self._breaker.is_open

    async def send(self, request: Request) -> Answer:
        """The answer, whatever its status; MemberUnreachable when there is none."""
        attempt = 0
        while True:
            last = attempt + 1 >= self._limits.attempts
            try:
                answer = await self._once(request)
            except MemberUnreachable:
                if last or not request.is_read:
                    raise
                pause = 0.0
            else:
                if last or not _may_repeat(request, answer):
                    return answer
                pause = min(answer.retry_after, _LONGEST_PAUSE)
            jitter = backoff(self._limits, attempt, self._time.chance())
            await self._time.wait(pause + jitter)
            attempt += 1

    async def good(self, request: Request) -> dict[str, Any]:
        """The JSON of a good answer; MemberRefused or NoCredentials for any other."""
        answer = await self.send(request)
        if not answer.is_good:
            raise self.refusal(answer)
        return answer.json()

    def refusal(self, answer: Answer) -> MemberRefused | NoCredentials:
        """What a bad answer says, redacted and printable."""
        status = _status_of(answer)
        text = str(status.get("message") or "") or answer.body[:_LONGEST_TEXT].decode(
            errors="replace"
        )
        message = f"{self._name} answered {answer.status}: {self.clean(text) or 'nothing'}"
        if answer.status == _UNAUTHORIZED:
            return NoCredentials(message)
        reason = str(status.get("reason") or "")
        return MemberRefused(message, status=answer.status, reason=self.clean(reason))

    def clean(self, text: str) -> str:
        """Text of a stranger: secrets out, one printable line, not too long."""
        token = self._credentials.authorization.partition(" ")[2]
        text = text.replace(token, "(sensitive)") if token else text
        return shortened(printable(self._redact(text)), _LONGEST_TEXT)

    async def lines(self, request: Request, *, seconds: float) -> AsyncIterator[bytes]:
        """The lines of an answer that does not end soon: a watch."""
        self._breaker.check(self._name)
        timeout = aiohttp.ClientTimeout(
            total=None, connect=self._limits.connect_seconds, sock_read=seconds
        )
        has_begun, began = False, self._time.now()
        try:
            async with self._open(request, timeout) as response:
                if response.status not in _GOOD:
                    raise self.refusal(await self._whole(response))
                has_begun = True
                self._called(request.verb, self._time.now() - began)
                self._breaker.succeeded()
                async for line in self._split(response):
                    yield line
        except _NETWORK_ERRORS as error:
            # Many watches end together when a server restarts: that is one failure, not many.
            if not has_begun:
                self._breaker.failed()
            what = self.clean(str(error)) or type(error).__name__
            raise MemberUnreachable(f"{self._name} did not answer: {what}") from None

    async def close(self) -> None:
        """Give the connections back; whoever still holds the member asks in vain."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _once(self, request: Request) -> Answer:
        async with self._places:
            self._breaker.check(self._name)
            await self._bucket.take()
            began = self._time.now()
            timeout = aiohttp.ClientTimeout(
                total=self._limits.timeout_seconds, connect=self._limits.connect_seconds
            )
            async with self._answered(), self._open(request, timeout) as response:
                answer = await self._whole(response)
            self._called(request.verb, self._time.now() - began)
        if answer.status in _REDIRECTS:
            raise MemberRefused(
                f"{self._name} answered with a redirect, which is not followed",
                status=answer.status,
            )
        return answer

    @asynccontextmanager
    async def _answered(self) -> AsyncIterator[None]:
        """Count what happens inside for the breaker, and name network failures."""
        try:
            yield
        except _NETWORK_ERRORS as error:
            self._breaker.failed()
            what = self.clean(str(error)) or type(error).__name__
            raise MemberUnreachable(f"{self._name} did not answer: {what}") from None
        except (MemberUnreachable, MemberRefused):
            self._breaker.failed()
            raise
        self._breaker.succeeded()

    def _open(
        self, request: Request, timeout: aiohttp.ClientTimeout
    ) -> Any:  # aiohttp's context manager has no public type
        credentials = self._credentials
        query = f"?{urlencode(request.query)}" if request.query else ""
        headers = {"Accept": request.accepts, "Accept-Encoding": "identity"}
        if credentials.authorization:
            headers["Authorization"] = credentials.authorization
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        return self._connected().request(
            request.method,
            URL(f"{credentials.server}{request.path}{query}", encoded=True),
            data=request.body,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
            proxy=credentials.proxy_url or None,
            proxy_headers=dict(credentials.proxy_headers) or None,
            server_hostname=credentials.tls_server_name or None,
        )

    def _connected(self) -> aiohttp.ClientSession:
        if self._is_closed:
            raise MemberUnreachable(f"{self._name} is being opened again")
        if self._session is None:
            context = self._credentials.ssl_context()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=context if context is not None else True,
                    # Watches keep a connection each; other requests are bounded by their places.
                    limit=0,
                    resolver=GuardedResolver(),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                headers={"User-Agent": "fleet-reconciler"},
            )
        return self._session

    async def _whole(self, response: aiohttp.ClientResponse) -> Answer:
        """The body, as far as the limit allows."""
        parts: list[bytes] = []
        size = 0
        async for part in response.content.iter_chunked(1 << 16):
            size += len(part)
            if size > self._limits.response_bytes:
                raise MemberRefused(
                    f"{self._name} answered with more than {self._limits.response_bytes} bytes",
                    status=response.status,
                )
            parts.append(part)
        return Answer(
            status=response.status,
            content_type=response.headers.get("Content-Type", ""),
            body=b"".join(parts),
            retry_after=_seconds(response.headers.get("Retry-After", "")),
        )

    async def _split(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        rest = b""
        async for part in response.content.iter_any():
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                if line.strip():
                    yield line
            if len(rest) > self._limits.response_bytes:
                raise MemberRefused(f"{self._name} sent a watch event without end")


def _may_repeat(request: Request, answer: Answer) -> bool:
    """Whether the server asks for another try, or a read failed inside it."""
    if request.is_read:
        return answer.status in _TRY_AGAIN
    return answer.status == _TOO_MANY and request.method != "DELETE"


def _status_of(answer: Answer) -> dict[str, Any]:
    """The Kubernetes Status of a bad answer, empty when it is none."""
    try:
        value = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) and value.get("kind") == "Status" else {}


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() else 0.0
