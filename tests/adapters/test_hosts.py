"""Statuses, comments and notifications against local doubles that answer as the hosts document."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import web

from reconciler.adapters.simulation.certificates import self_signed
from reconciler.adapters.writeback.hosts import (
    HostClient,
    HostedRepository,
    HostKind,
    Sink,
    SinkFormat,
    hosted,
    keep_comment,
    notify,
    post_status,
)
from reconciler.adapters.writeback.hosts.comments import comment_body, marker
from reconciler.model.announcement import (
    CommitState,
    CommitStatus,
    Event,
    Notification,
    Severity,
)
from reconciler.model.errors import HostUnavailable, SettingsInvalid

TOKEN = "canary-token-3f71"
COMMIT = "a" * 40
US, OTHER = 41, 99


@dataclass
class Double:
    """A host: what it was asked, what it holds, and what goes wrong next."""

    port: int = 0
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    failures: list[web.Response] = field(default_factory=list)
    page_size: int = 100

    async def answer(self, request: web.Request) -> web.Response:
        raw = await request.read()
        body = json.loads(raw) if raw else None
        self.asked.append((request.method, unquote(request.rel_url.raw_path), body))
        self.headers.append(dict(request.headers))
        if self.failures:
            return self.failures.pop(0)
        path = request.path
        if path.endswith("/user"):
            return web.json_response({"id": US, "login": "bot"})
        if "comments" in path or "notes" in path:
            return self._comment(request, body)
        return web.json_response({"id": 1, "state": "ok"}, status=201)

    def _comment(self, request: web.Request, body: Any) -> web.Response:
        is_gitlab = "notes" in request.path
        author = "author" if is_gitlab else "user"
        if request.method == "GET":
            page = int(request.query.get("page", "1"))
            rows = self.comments[(page - 1) * self.page_size : page * self.page_size]
            headers = {}
            if page * self.page_size < len(self.comments):
                following = request.url.update_query(page=page + 1)
                headers["Link"] = f'<{following}>; rel="next", <{request.url}>; rel="first"'
            return web.json_response(rows, headers=headers)
        if request.method == "POST":
            made = {"id": len(self.comments) + 1, "body": body["body"], author: {"id": US}}
            self.comments.append(made)
            return web.json_response(made, status=201)
        edited = self.comments[int(request.path.rpartition("/")[2]) - 1]
        edited["body"] = body["body"]
        return web.json_response(edited)


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    host = Double()
    runner = web.ServerRunner(web.Server(host.answer))  # type: ignore[arg-type]
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    bound: Any = runner.addresses[0]
    host.port = bound[1]
    yield host
    await runner.cleanup()


async def _no_wait(seconds: float) -> None:
    assert seconds <= 30


@pytest.fixture
async def client() -> AsyncIterator[HostClient]:
    async with HostClient(sleep=_no_wait) as made:
        yield made


def at(double: Double, kind: HostKind, project: str = "org/fleet") -> HostedRepository:
    return HostedRepository(
        kind=kind, api=f"http://127.0.0.1:{double.port}", project=project, token=TOKEN
    )


def status(state: CommitState, description: str = "2/2 objects applied") -> CommitStatus:
    return CommitStatus(
        commit=COMMIT, state=state, description=description, url="https://hub.example/"
    )


@pytest.mark.parametrize(
    ("kind", "path", "name", "failed", "pending"),
    [
        (HostKind.GITHUB, f"/repos/org/fleet/statuses/{COMMIT}", "context", "failure", "pending"),
        (HostKind.GITLAB, f"/projects/org/fleet/statuses/{COMMIT}", "name", "failed", "running"),
        (HostKind.GITEA, f"/repos/org/fleet/statuses/{COMMIT}", "context", "failure", "pending"),
    ],
)
async def test_each_host_gets_the_status_in_its_words(
    double: Double,
    client: HostClient,
    kind: HostKind,
    path: str,
    name: str,
    failed: str,
    pending: str,
) -> None:
    for state in CommitState:
        await post_status(client, at(double, kind), status(state))
    assert [one[:2] for one in double.asked] == [("POST", path)] * 3
    assert [one[2]["state"] for one in double.asked] == [pending, "success", failed]
    assert {one[2][name] for one in double.asked} == {"fleet-reconciler"}
    assert double.asked[0][2]["target_url"] == "https://hub.example/"
    sent = double.headers[0]
    assert TOKEN in (sent.get("PRIVATE-TOKEN") or sent["Authorization"])


async def test_descriptions_are_one_short_line(double: Double, client: HostClient) -> None:
    long = status(CommitState.SUCCESS, "x\n\x1b[31m" * 200)
    for kind, longest in ((HostKind.GITHUB, 140), (HostKind.GITLAB, 255), (HostKind.GITEA, 255)):
        await post_status(client, at(double, kind), long)
        said = double.asked[-1][2]["description"]
        assert len(said) <= longest
        assert said.isprintable()


async def test_gitlab_may_know_the_state_already(double: Double, client: HostClient) -> None:
    message = (
        "Cannot transition status via :run from :running (Reason(s): Status cannot transition)"
    )
    double.failures.append(web.json_response({"message": message}, status=400))
    await post_status(client, at(double, HostKind.GITLAB), status(CommitState.PENDING))
    double.failures.append(web.json_response({"message": "other"}, status=400))
    with pytest.raises(HostUnavailable, match="400"):
        await post_status(client, at(double, HostKind.GITLAB), status(CommitState.PENDING))


@pytest.mark.parametrize("commit", ["", "main", "../../x", "A" * 40, "a" * 41])
async def test_only_a_commit_gets_a_status(double: Double, client: HostClient, commit: str) -> None:
    odd = CommitStatus(commit=commit, state=CommitState.SUCCESS, description="x")
    with pytest.raises(HostUnavailable):
        await post_status(client, at(double, HostKind.GITHUB), odd)
    assert double.asked == []


@pytest.mark.parametrize("code", [401, 403, 404, 422, 500])
async def test_a_refusal_names_the_code_and_never_the_token(
    double: Double, client: HostClient, code: int
) -> None:
    double.failures += [web.Response(status=code, text=f"token {TOKEN} is bad") for _ in range(3)]
    with pytest.raises(HostUnavailable, match=str(code)) as refused:
        await post_status(client, at(double, HostKind.GITHUB), status(CommitState.SUCCESS))
    assert TOKEN not in f"{refused.value!r} {refused.value.hint} {at(double, HostKind.GITHUB)!r}"
    assert refused.value.__cause__ is None


async def test_a_host_that_is_busy_is_asked_again(double: Double, client: HostClient) -> None:
    double.failures.append(web.Response(status=429, headers={"Retry-After": "5000"}))
    await post_status(client, at(double, HostKind.GITEA), status(CommitState.SUCCESS))
    assert len(double.asked) == 2


async def test_a_redirect_is_not_followed_with_the_token(
    double: Double, client: HostClient
) -> None:
    double.failures.append(web.Response(status=307, headers={"Location": "/elsewhere"}))
    with pytest.raises(HostUnavailable, match="307"):
        await post_status(client, at(double, HostKind.GITHUB), status(CommitState.SUCCESS))
    assert len(double.asked) == 1


async def test_a_host_that_is_away_is_said_to_be(client: HostClient) -> None:
    nobody = HostedRepository(
        kind=HostKind.GITHUB, api="http://127.0.0.1:9", project="o/f", token=TOKEN
    )
    with pytest.raises(HostUnavailable) as refused:
        await post_status(client, nobody, status(CommitState.SUCCESS))
    assert TOKEN not in str(refused.value)


async def test_an_answer_without_end_is_cut(double: Double, client: HostClient) -> None:
    double.failures += [web.Response(body=b"[" + b"1," * 5_000_000) for _ in range(3)]
    with pytest.raises(HostUnavailable):
        await keep_comment(client, at(double, HostKind.GITHUB), 7, "x", account_id=US)


@pytest.mark.parametrize("kind", list(HostKind))
async def test_the_comment_is_made_once_and_then_edited_in_place(
    double: Double, client: HostClient, kind: HostKind
) -> None:
    repository = at(double, kind)
    await keep_comment(client, repository, 7, "plan one")
    await keep_comment(client, repository, 7, "plan two")
    writes = [one for one in double.asked if one[0] != "GET"]
    await keep_comment(client, repository, 7, "plan two")
    assert [one for one in double.asked if one[0] != "GET"] == writes, "nothing changed"
    assert [one[0] for one in writes] == ["POST", "PUT" if kind is HostKind.GITLAB else "PATCH"]
    assert len(double.comments) == 1
    assert double.comments[0]["body"] == f"{marker('plan')}\nplan two"


@pytest.mark.parametrize("kind", list(HostKind))
async def test_only_our_own_comment_is_touched(
    double: Double, client: HostClient, kind: HostKind
) -> None:
    author = "author" if kind is HostKind.GITLAB else "user"
    double.comments += [
        {"id": 1, "body": f"{marker('plan')}\nforged", author: {"id": OTHER}},
        {"id": 2, "body": f"I quote: {marker('plan')}", author: {"id": US}},
        {"id": 3, "body": f"{marker('status')}\nanother purpose", author: {"id": US}},
        {"id": 4, "body": None, author: None},
    ]
    before = json.loads(json.dumps(double.comments))
    await keep_comment(client, at(double, kind), 7, "the plan")
    assert double.comments[:4] == before
    assert len(double.comments) == 5


async def test_the_comment_is_found_on_a_later_page(double: Double, client: HostClient) -> None:
    double.page_size = 2
    double.comments += [{"id": n, "body": "x", "user": {"id": OTHER}} for n in range(1, 6)]
    double.comments.append({"id": 6, "body": marker("plan"), "user": {"id": US}})
    await keep_comment(client, at(double, HostKind.GITHUB), 7, "new", account_id=US)
    assert double.comments[5]["body"].endswith("new")
    assert len(double.comments) == 6
    assert not any(path.endswith("/user") for _, path, _ in double.asked)


async def test_a_next_page_elsewhere_is_not_asked(double: Double, client: HostClient) -> None:
    link = {"Link": '<http://127.0.0.1:9/evil>; rel="next"'}
    double.failures.append(web.json_response([], headers=link))
    await keep_comment(client, at(double, HostKind.GITHUB), 7, "x", account_id=US)
    assert len(double.comments) == 1


async def test_a_comment_that_may_have_arrived_is_not_sent_again(
    double: Double, client: HostClient
) -> None:
    double.failures += [web.json_response([]), web.Response(status=502)]
    with pytest.raises(HostUnavailable, match="502"):
        await keep_comment(client, at(double, HostKind.GITHUB), 7, "x", account_id=US)
    assert [one[0] for one in double.asked] == ["GET", "POST"]


def test_a_long_plan_is_cut_at_a_line_and_its_fence_closed() -> None:
    body = comment_body("```diff\n" + "+ line\n" * 20_000, "plan")
    assert len(body) < 65_000
    assert body.count("```") == 2
    assert body.endswith("comment.")


async def test_gitlab_projects_below_groups_are_one_component(
    double: Double, client: HostClient
) -> None:
    repository = at(double, HostKind.GITLAB, "group/sub group/fleet")
    assert repository.root.endswith("/projects/group%2Fsub%20group%2Ffleet")
    await post_status(client, repository, status(CommitState.SUCCESS))
    assert double.asked[0][1] == f"/projects/group/sub group/fleet/statuses/{COMMIT}"


@pytest.mark.parametrize(
    ("kind", "url", "root"),
    [
        ("github", "https://github.com/o/f.git", "https://api.github.com/repos/o/f"),
        ("github", "https://ghe.example/o/f", "https://ghe.example/api/v3/repos/o/f"),
        (
            "gitlab",
            "https://g.example:8443/a/b/f.git",
            "https://g.example:8443/api/v4/projects/a%2Fb%2Ff",
        ),
        ("gitea", "https://u:p@t.example/o/f", "https://t.example/api/v1/repos/o/f"),
    ],
)
def test_the_api_follows_from_the_clone_address(kind: str, url: str, root: str) -> None:
    assert hosted(HostKind(kind), url, TOKEN).root == root


@pytest.mark.parametrize(
    "change",
    [
        {"api": "http://git.example"},
        {"api": "ftp://git.example"},
        {"api": "https://u:p@h"},
        {"token": ""},
        {"token": "a\nb"},
        {"project": "/"},
        {"project": "a/../b"},
        {"api": ""},
    ],
)
def test_an_unsafe_host_is_refused_at_start(change: dict[str, str]) -> None:
    good = {"api": "https://git.example", "project": "o/f", "token": TOKEN}
    with pytest.raises(SettingsInvalid) as refused:
        HostedRepository(kind=HostKind.GITHUB, **{**good, **change})
    assert TOKEN not in str(refused.value)


HELD = Notification(
    event=Event.HELD,
    severity=Severity.WARNING,
    title="3 deletions wait <!channel> & more",
    text="in `shop`\n<https://evil.example|click>",
    commit=COMMIT,
    clusters=("eu-1",),
    facts=(("digest", "abc"),),
    url="https://hub.example/?a=1|x",
)


def sink(double: Double, **rest: Any) -> Sink:
    return Sink(name="ops", url=f"http://127.0.0.1:{double.port}/hook/{TOKEN}", **rest)


async def test_a_generic_receiver_gets_signed_json(double: Double, client: HostClient) -> None:
    assert await notify(client, sink(double, secret="shared"), HELD)
    body = double.asked[0][2]
    assert body["event"] == "held"
    assert body["severity"] == "warning"
    assert body["facts"] == {"digest": "abc"}
    assert body["clusters"] == ["eu-1"]
    raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    expected = hmac.new(b"shared", raw, hashlib.sha256).hexdigest()
    assert double.headers[0]["X-Signature-256"] == f"sha256={expected}"


async def test_slack_gets_blocks_and_nobody_is_called(double: Double, client: HostClient) -> None:
    assert await notify(client, sink(double, format=SinkFormat.SLACK), HELD)
    body = double.asked[0][2]
    text = body["blocks"][0]["text"]["text"]
    assert "3 deletions wait &lt;!channel&gt; &amp; more" in text
    assert "<https://evil" not in text
    assert "<https://hub.example/?a=1%7Cx|Details>" in text
    assert "<!" not in json.dumps(body)


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({}, True),
        ({"least": Severity.WARNING}, True),
        ({"least": Severity.ERROR}, False),
        ({"events": frozenset({Event.HELD})}, True),
        ({"events": frozenset({Event.FAILED})}, False),
        ({"clusters": frozenset({"eu-1"})}, True),
        ({"clusters": frozenset({"us-1"})}, False),
    ],
)
async def test_filters_decide_who_is_told(
    double: Double, client: HostClient, filters: dict[str, Any], told: bool
) -> None:
    assert await notify(client, sink(double, **filters), HELD) is told
    assert len(double.asked) == told


async def test_the_receivers_address_is_a_secret(double: Double, client: HostClient) -> None:
    double.failures.append(web.Response(status=404, text=TOKEN))
    with pytest.raises(HostUnavailable, match="notifying ops was answered with status 404") as no:
        await notify(client, sink(double), HELD)
    assert TOKEN not in f"{no.value!r} {sink(double)!r}"
    with pytest.raises(SettingsInvalid) as refused:
        Sink(name="ops", url=f"ftp://{TOKEN}")
    assert TOKEN not in str(refused.value)


async def test_a_host_with_an_authority_of_its_own_is_trusted_by_its_file(tmp_path: Path) -> None:
    double, certificate = Double(), self_signed(tmp_path)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", double.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate.server_context())
    await site.start()
    port = runner.addresses[0][1]
    sink = Sink(name="own", url=f"https://127.0.0.1:{port}/hook")
    told = Notification(
        event=Event.APPLIED, severity=Severity.INFO, title="applied", text="all", commit=COMMIT
    )
    async with HostClient(ca_file=certificate.path) as client:
        await notify(client, sink=sink, notification=told)
    assert [one[0] for one in double.asked] == ["POST"]
    async with HostClient(sleep=no_pause) as client:
        with pytest.raises(HostUnavailable):
            await notify(client, sink=sink, notification=told)
    await runner.cleanup()


async def no_pause(_: float) -> None:
    """At once."""
