"""One comment on a request, from the command line to a host that answers as documented."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from reconciler.cli.comment import command
from reconciler.plan.formats.markdown import LIMIT
from tests.adapters.test_hosts import Double

TOKEN = "canary-token-5c1e"


@pytest.fixture
async def host() -> AsyncIterator[Double]:
    """A host on this machine."""
    double = Double()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", double.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    double.port = runner.addresses[0][1]
    yield double
    await runner.cleanup()


async def say(double: Double, kind: str, text: str, *more: str) -> Result:
    where = ["--api", f"http://127.0.0.1:{double.port}", "--project", "org/fleet"]
    arguments: list[Any] = ["-", "--host", kind, "--number", "42", *where, *more]
    runner = CliRunner(env={"RECONCILER_HOST_TOKEN": TOKEN})
    return await asyncio.to_thread(runner.invoke, command, arguments, input=text)


@pytest.mark.parametrize("kind", ["github", "gitlab", "gitea"])
async def test_a_second_text_edits_the_first_comment(host: Double, kind: str) -> None:
    assert (await say(host, kind, "first")).exit_code == 0
    assert (await say(host, kind, "second")).exit_code == 0
    (only,) = host.comments
    assert only["body"].endswith("second")


async def test_the_same_text_writes_nothing(host: Double) -> None:
    await say(host, "github", "first")
    await say(host, "github", "first")
    assert [method for method, _, _ in host.asked if method != "GET"] == ["POST"]


async def test_where_nothing_changes_no_comment_begins(host: Double) -> None:
    nothing = "<!-- reconciler-plan:default -->\nNothing changes. 6 objects unchanged.\n"
    await say(host, "github", nothing, "--only-changes")
    assert not host.comments
    await say(host, "github", "a change", "--only-changes")
    await say(host, "github", nothing, "--only-changes")
    (only,) = host.comments
    assert "Nothing changes." in only["body"]


async def test_an_app_that_may_not_ask_who_it_is_says_so(host: Double) -> None:
    await say(host, "github", "first", "--account-id", "41")
    assert not any(path.endswith("/user") for _, path, _ in host.asked)


async def test_the_longest_plan_fits(host: Double) -> None:
    text = "\n".join(["x" * 79] * (LIMIT // 80))
    await say(host, "gitea", text)
    assert host.comments[0]["body"].endswith(text)


async def test_the_token_is_shown_nowhere(host: Double) -> None:
    host.failures = [web.Response(status=403, text=f"bad {TOKEN}")]
    result = await say(host, "github", "first")
    assert result.exit_code != 0
    assert TOKEN not in result.output
    assert TOKEN not in str(result.exception)


def test_a_repository_is_named_in_one_way() -> None:
    runner = CliRunner(env={"RECONCILER_HOST_TOKEN": TOKEN})
    result = runner.invoke(command, ["-", "--host", "github", "--number", "1"], input="x")
    assert "name the repository" in result.output
