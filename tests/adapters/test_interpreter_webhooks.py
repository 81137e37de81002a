"""Calls of interpreter webhooks: over real TLS, bounded, and never misled."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.interpreters import InterpreterWebhooks
from reconciler.adapters.interpreters.address import GuardedResolver, webhook_url
from reconciler.model.errors import WebhookSilent
from reconciler.model.question import Question
from tests.adapters.interpreterhook import Hook, hook

REQUEST = {
    "uid": "u-1",
    "kind": {"group": "example.io", "version": "v1", "kind": "Widget"},
    "name": "w",
    "namespace": "shop",
    "operation": "InterpretHealth",
    "object": {"spec": {"size": 1}},
}


@pytest.fixture
async def webhooks() -> AsyncIterator[InterpreterWebhooks]:
    """Connections that are given back."""
    opened = InterpreterWebhooks()
    yield opened
    await opened.close()


def a_question(client: dict[str, Any], timeout: int = 20) -> Question:
    return Question(
        digest="d", webhook="w", client=client, request=REQUEST, timeout_seconds=timeout
    )


async def refusal(webhooks: InterpreterWebhooks, question: Question) -> str:
    with pytest.raises(WebhookSilent) as raised:
        await webhooks.ask(question)
    return str(raised.value)


def healthy(_: dict[str, Any]) -> dict[str, Any]:
    return {"healthy": True}


async def test_the_request_arrives_whole_and_the_response_comes_back(
    tmp_path: Path, webhooks: InterpreterWebhooks
) -> None:
    with hook(tmp_path, healthy) as running:
        response = await webhooks.ask(a_question(running.client()))
        again = await webhooks.ask(a_question(running.client()))
    assert response == again == {"uid": "u-1", "successful": True, "healthy": True}
    assert running.asked == [REQUEST, REQUEST]


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path: Path, webhooks: InterpreterWebhooks
) -> None:
    with hook(tmp_path, healthy) as running:
        said = await refusal(webhooks, a_question({"url": running.url}))
        localhost = running.url.replace("127.0.0.1", "localhost")
        client = {**running.client(), "url": localhost}
        assert (await webhooks.ask(a_question(client)))["healthy"] is True
    assert said.startswith("it cannot be reached:")
    assert running.asked == [REQUEST]


async def test_a_slow_webhook_costs_its_timeout(
    tmp_path: Path, webhooks: InterpreterWebhooks
) -> None:
    released = threading.Event()

    def slow(_: dict[str, Any]) -> dict[str, Any]:
        released.wait(30)
        return {}

    with hook(tmp_path, slow) as running:
        begun = time.monotonic()
        said = await refusal(webhooks, a_question(running.client(), timeout=1))
        assert time.monotonic() - begun < 5
        released.set()
    assert said == "it did not answer within 1 s"


async def test_an_answer_without_end_is_cut(tmp_path: Path, webhooks: InterpreterWebhooks) -> None:
    def long(_: dict[str, Any]) -> bytes:
        return b" " * (5 * 1024 * 1024)

    with hook(tmp_path, long) as running:
        said = await refusal(webhooks, a_question(running.client()))
    assert said == "its answer is longer than 4 MiB"


def context(**response: Any) -> dict[str, Any]:
    return {
        "apiVersion": "config.karmada.io/v1alpha1",
        "kind": "ResourceInterpreterContext",
        "response": response,
    }


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"<html>", "its answer is no JSON"),
        (b"[]", "its answer is no ResourceInterpreterContext with a response"),
        (b'{"response": 1}', "its answer is no ResourceInterpreterContext with a response"),
        (context(uid="other", successful=True), "its answer is one to another question"),
        (
            {**context(uid="u-1"), "kind": "AdmissionReview"},
            "its answer is no ResourceInterpreterContext of config.karmada.io/v1alpha1",
        ),
    ],
)
async def test_a_lying_webhook_gives_no_answer(
    tmp_path: Path, webhooks: InterpreterWebhooks, raw: Any, said: str
) -> None:
    def lie(_: dict[str, Any]) -> bytes:
        return raw if isinstance(raw, bytes) else json.dumps(raw).encode()

    with hook(tmp_path, lie) as running:
        assert await refusal(webhooks, a_question(running.client())) == said


async def test_an_error_and_a_redirect_are_no_answers(
    tmp_path: Path, webhooks: InterpreterWebhooks
) -> None:
    def fail(_: dict[str, Any]) -> dict[str, Any]:
        raise ValueError

    with hook(tmp_path, fail) as running:
        assert await refusal(webhooks, a_question(running.client())) == (
            "it answered with status 500"
        )
        elsewhere = Hook(url=running.url + "/old", ca_bundle=running.ca_bundle)
        assert await refusal(webhooks, a_question(elsewhere.client())) == (
            "it answered with status 302"
        )
    assert len(running.asked) == 1


@pytest.mark.parametrize(
    ("client", "url"),
    [
        ({"url": "https://hooks.example:8443/x"}, "https://hooks.example:8443/x"),
        ({"url": "http://127.0.0.1:80/"}, "http://127.0.0.1:80/"),
        (
            {"service": {"namespace": "shop", "name": "hook"}},
            "https://hook.shop.svc:443/",
        ),
        (
            {"service": {"namespace": "shop", "name": "hook", "port": 8443, "path": "/x"}},
            "https://hook.shop.svc:8443/x",
        ),
    ],
)
def test_addresses(client: dict[str, Any], url: str) -> None:
    assert webhook_url(client) == url


@pytest.mark.parametrize(
    "client",
    [
        {},
        {"service": []},
        {"url": "http://hooks.example/"},
        {"url": "https://user:word@hooks.example/"},
        {"url": "https://hooks.example/?a=b"},
        {"url": "https://169.254.169.254/latest"},
        {"url": "https://[::ffff:169.254.169.254]/"},
        {"url": "https://[fd00:ec2::254]/"},
        {"url": "https://0.0.0.0/"},
        {"url": "https://0xa9fea9fe/"},
        {"url": "https://2852039166/"},
        {"url": "https://hooks.example:notaport/"},
        {"url": "ftp://hooks.example/"},
        {"url": "https://hooks.ex ample/"},
    ],
)
def test_forbidden_addresses(client: dict[str, Any]) -> None:
    with pytest.raises(WebhookSilent):
        webhook_url(client)


async def test_a_name_that_leads_to_a_forbidden_address_is_refused() -> None:
    resolver = GuardedResolver()
    with pytest.raises(WebhookSilent, match="forbidden address"):
        await resolver.resolve("169.254.169.254", 443, socket.AF_INET)
    assert await resolver.resolve("127.0.0.1", 443, socket.AF_INET)


async def test_a_bundle_that_is_none_is_said(webhooks: InterpreterWebhooks) -> None:
    client = {"url": "https://127.0.0.1:1/", "caBundle": "bm90aGluZw=="}
    assert await refusal(webhooks, a_question(client)) == "its caBundle holds no certificate"
