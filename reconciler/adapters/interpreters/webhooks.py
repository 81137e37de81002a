"""Calls of interpreter webhooks: bounded in time and size, verified, typed in their failures.

Wire: a ResourceInterpreterContext of config.karmada.io/v1alpha1 is posted and comes back with a
response of the request's uid (Karmada: pkg/resourceinterpreter/customized/webhook/request). No
redirects, no cookies, no proxies of the environment.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import ssl
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import orjson

from reconciler.adapters.interpreters.address import GuardedResolver, webhook_url
from reconciler.model.errors import WebhookSilent
from reconciler.model.question import Question

API_VERSION: Final = "config.karmada.io/v1alpha1"
KIND: Final = "ResourceInterpreterContext"
MOST_BYTES: Final = 4 * 1024 * 1024
_OK: Final = 200
_HEADERS: Final = {"Content-Type": "application/json", "Accept": "application/json"}


class InterpreterWebhooks:
    """The connections to all webhooks; one session for each certificate authority."""

    def __init__(self) -> None:
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def ask(self, question: Question) -> dict[str, Any]:
        """The response; WebhookSilent when there is none that counts."""
        url = webhook_url(question.client)
        session = self._session(str(question.client.get("caBundle") or ""))
        body = orjson.dumps({"apiVersion": API_VERSION, "kind": KIND, "request": question.request})
        try:
            async with asyncio.timeout(question.timeout_seconds):
                raw = await _posted(session, url, body)
        except TimeoutError as error:
            raise WebhookSilent(f"it did not answer within {question.timeout_seconds} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise WebhookSilent(f"it cannot be reached: {error}") from error
        return _response(raw, question)

    async def close(self) -> None:
        """Give the connections back."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    def _session(self, bundle: str) -> aiohttp.ClientSession:
        known = self._sessions.get(bundle)
        if known is None:
            connector = aiohttp.TCPConnector(resolver=GuardedResolver(), ssl=_context(bundle))
            known = self._sessions[bundle] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return known


def _context(bundle: str) -> ssl.SSLContext:
    """Trust in the configuration's own authority, or in those of the system."""
    if not bundle:
        return ssl.create_default_context()
    try:
        pem = base64.b64decode(bundle, validate=True).decode("ascii")
        return ssl.create_default_context(cadata=pem)
    except (binascii.Error, ValueError, ssl.SSLError) as error:
        raise WebhookSilent(
            "its caBundle holds no certificate", hint="give PEM certificates in base64"
        ) from error


async def _posted(session: aiohttp.ClientSession, url: str, body: bytes) -> bytes:
    async with session.post(url, data=body, headers=_HEADERS, allow_redirects=False) as answer:
        if answer.status != _OK:
            raise WebhookSilent(f"it answered with status {answer.status}")
        received = bytearray()
        async for chunk in answer.content.iter_chunked(64 * 1024):
            received += chunk
            if len(received) > MOST_BYTES:
                raise WebhookSilent(f"its answer is longer than {MOST_BYTES // 1024 // 1024} MiB")
        return bytes(received)


def _response(raw: bytes, question: Question) -> dict[str, Any]:
    """The response inside an answer, if it is one to this question."""
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise WebhookSilent("its answer is no JSON") from error
    response = document.get("response") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(response, dict):
        raise WebhookSilent(f"its answer is no {KIND} with a response")
    if (document.get("apiVersion"), document.get("kind")) != (API_VERSION, KIND):
        raise WebhookSilent(f"its answer is no {KIND} of {API_VERSION}")
    if response.get("uid") != question.request.get("uid"):
        raise WebhookSilent("its answer is one to another question")
    return response
