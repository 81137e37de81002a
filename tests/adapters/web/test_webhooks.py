"""Deliveries over real HTTP: proven ones trigger, all others learn nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import json
import statistics
import time
from typing import Any

import pytest

from reconciler.adapters.web import Inbox, Limits, WatchedRepository
from reconciler.model.errors import SettingsInvalid
from tests.adapters.web import payloads
from tests.adapters.web.conftest import Site, serve

DELIVERIES = [
    ("github", payloads.GITHUB, ""),
    ("gitlab", payloads.GITLAB, ""),
    ("gitea", payloads.GITEA, ""),
    ("bitbucket", payloads.BITBUCKET_CLOUD, ""),
    ("bitbucket", payloads.BITBUCKET_DATA_CENTER, "repo:refs_changed"),
    ("generic", payloads.GENERIC, ""),
]
PROVIDERS = sorted({name for name, _, _ in DELIVERIES})


async def deliver(
    site: Site, provider: str, body: bytes, headers: Any = None, **signing: str
) -> tuple[int, str]:
    sent = payloads.headers(provider, body, **signing) if headers is None else headers
    async with site.http.post(
        f"/webhook/{provider}", data=io.BytesIO(body), headers=sent
    ) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize(("provider", "payload", "event"), DELIVERIES)
async def test_a_push_of_every_host_triggers_once(
    site: Site, provider: str, payload: Any, event: str
) -> None:
    body = json.dumps(payload).encode()
    assert await deliver(site, provider, body, event=event) == (202, "accepted\n")
    assert site.pushes == ["fleet"]
    assert await deliver(site, provider, body, event=event) == (202, "accepted\n")
    assert site.pushes == ["fleet"], "the same delivery again is harmless"


async def test_forgejo_has_headers_of_its_own(site: Site) -> None:
    body = json.dumps(payloads.GITEA).encode()
    headers = {"X-Gitea-Event": "push", "X-Forgejo-Signature": payloads.digest(body)}
    assert (await deliver(site, "gitea", body, headers))[0] == 202
    async with site.http.post("/webhook/forgejo", data=body, headers=headers) as answer:
        assert answer.status == 202
    assert site.pushes == ["fleet", "fleet"], "without an id every delivery counts"


@pytest.mark.parametrize(
    ("provider", "event"), [("github", "ping"), ("github", "issues"), ("gitlab", "Issue Hook")]
)
async def test_other_events_are_taken_and_ignored(site: Site, provider: str, event: str) -> None:
    assert await deliver(site, provider, b'{"zen": "x"}', event=event) == (202, "ignored\n")
    assert site.pushes == []


@pytest.mark.parametrize(
    ("page", "clone"),
    [
        ("https://dc.example/ctx/projects/ORG/repos/fleet/browse", "/ctx/scm/org/fleet.git"),
        ("https://dc.example/users/ada/repos/fleet/browse", "/scm/~ada/fleet.git"),
    ],
)
async def test_bitbuckets_pages_lead_to_its_repositories(page: str, clone: str) -> None:
    watched = WatchedRepository(
        name="dc", urls=(f"https://dc.example{clone}",), secret=payloads.SECRET
    )
    body = json.dumps({"repository": {"links": {"self": [{"href": page}]}}, "changes": []}).encode()
    async with serve(repositories=(watched,)) as site:
        assert (await deliver(site, "bitbucket", body, event="repo:refs_changed"))[0] == 202
        assert site.pushes == ["dc"]


@pytest.mark.parametrize(
    ("ref", "count"),
    [
        ("refs/heads/reconciler/state", 0),
        ("refs/heads/reconciler/status", 0),
        ("refs/heads/reconciler/works/eu-1", 0),
        ("refs/heads/reconciler/agents/eu-1", 1),
        ("refs/heads/reconciler-main", 1),
    ],
)
async def test_what_the_hub_pushed_itself_triggers_nothing(
    site: Site, ref: str, count: int
) -> None:
    body = json.dumps({**payloads.GITHUB, "ref": ref}).encode()
    assert (await deliver(site, "github", body))[0] == 202
    assert len(site.pushes) == count


def _bad_signatures(body: bytes) -> list[Any]:
    good = payloads.digest(body)
    event = ("X-GitHub-Event", "push")
    return [
        [event],
        [event, ("X-Hub-Signature-256", "")],
        [event, ("X-Hub-Signature-256", good)],
        [event, ("X-Hub-Signature-256", f"sha256={good[:-1]}")],
        [event, ("X-Hub-Signature-256", f"sha256={good}0")],
        [event, ("X-Hub-Signature-256", f"sha256={good.upper()}")],
        [event, ("X-Hub-Signature-256", "sha256=" + "z" * 64)],
        [event, ("X-Hub-Signature-256", "sha256=" + "\u0661" * 64)],
        [event, ("X-Hub-Signature-256", f"sha1={good[:40]}")],
        [event, ("X-Hub-Signature", f"sha1={good[:40]}")],
        [
            event,
            ("X-Hub-Signature-256", f"sha256={good}"),
            ("X-Hub-Signature-256", f"sha256={good}"),
        ],
        [event, ("X-Hub-Signature-256", "sha256=" + payloads.digest(body, "wrong secret"))],
        [event, ("X-Hub-Signature-256", "sha256=" + payloads.digest(body, ""))],
    ]


@pytest.mark.parametrize("number", range(13))
async def test_a_signature_that_is_not_exactly_right_is_refused(site: Site, number: int) -> None:
    body = json.dumps(payloads.GITHUB).encode()
    assert await deliver(site, "github", body, _bad_signatures(body)[number]) == (401, "refused\n")
    assert site.pushes == []


@pytest.mark.parametrize("token", ["", "wrong", payloads.SECRET + "x", "\u00e9"])
async def test_a_wrong_gitlab_token_is_refused(site: Site, token: str) -> None:
    body = json.dumps(payloads.GITLAB).encode()
    headers = {"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": token}
    assert await deliver(site, "gitlab", body, headers) == (401, "refused\n")


async def test_unknown_repository_and_bad_signature_cannot_be_told_apart() -> None:
    unknown = {**payloads.GENERIC, "repository": "https://git.example/org/other.git"}
    seconds: dict[str, list[float]] = {"unknown": [], "bad": [], "provider": []}
    answers = set()
    async with serve(limits=Limits(refusal_seconds=0.03)) as site:
        for _ in range(8):
            for name, payload, secret, provider in (
                ("unknown", unknown, payloads.SECRET, "generic"),
                ("bad", payloads.GENERIC, "another secret", "generic"),
                ("provider", payloads.GENERIC, payloads.SECRET, "nobody"),
            ):
                body = json.dumps(payload).encode()
                headers = payloads.headers("generic", body, secret=secret)
                began = time.perf_counter()
                async with site.http.post(
                    f"/webhook/{provider}", data=body, headers=headers
                ) as answer:
                    said = await answer.text()
                seconds[name].append(time.perf_counter() - began)
                headers_said = {k: v for k, v in answer.headers.items() if k != "Date"}
                answers.add((answer.status, said, json.dumps(headers_said, sort_keys=True)))
        assert site.pushes == []
    assert len(answers) == 1
    middles = [statistics.median(values) for values in seconds.values()]
    assert min(middles) >= 0.03
    assert max(middles) - min(middles) < 0.01


async def test_one_repository_cannot_speak_for_another() -> None:
    other = WatchedRepository(
        name="other", urls=("https://git.example/o/other",), secret="other secret"
    )
    fleet = WatchedRepository(name="fleet", urls=(payloads.URL,), secret=payloads.SECRET)
    async with serve(repositories=(fleet, other)) as site:
        body = json.dumps(payloads.GENERIC).encode()
        assert (await deliver(site, "generic", body, secret="other secret"))[0] == 401
        body = json.dumps({"repository": "https://git.example/o/other"}).encode()
        assert (await deliver(site, "generic", body, secret="other secret"))[0] == 202
        assert site.pushes == ["other"]


MALFORMED = [
    b"",
    b"null",
    b"[]",
    b"0",
    b'"text"',
    b"{",
    b"{}",
    b'{"repository": null}',
    b'{"repository": []}',
    b'{"repository": {}}',
    b'{"repository": {"clone_url": 5, "links": 5}, "project": 5}',
    b'{"repository": {"clone_url": "\\ud800"}}',
    b'{"ref": 1e999, "repository": {"clone_url": "https://x/y"}, "push": 7}',
    b'{"ref": {}, "repository": {"clone_url": "https://x/y"}, "project": {"web_url": "a"}}',
    b'{"repository": {"links": {"html": {"href": "https://x/y"}}}, "push": {"changes": {}}}',
    b'{"n": ' + b"9" * 5000 + b"}",
    b"\xff\xfe",
    b"[" * 50_000,
    b'{"a":' * 5_000,
    b'{"repository": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_malformed_payloads_are_answered_calmly(site: Site, provider: str) -> None:
    for body in MALFORMED:
        status, _ = await deliver(site, provider, body)
        assert status in {400, 401}, body[:60]
    assert site.pushes == []


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_every_cut_and_swap_of_a_real_payload_is_answered_calmly(
    site: Site, provider: str
) -> None:
    payload = next(one for name, one, _ in DELIVERIES if name == provider)
    for name in payload:
        for value in (None, [], {}, "", 0, [None], {"links": [None]}, True):
            body = json.dumps({**payload, name: value}).encode()
            assert (await deliver(site, provider, body))[0] in {202, 400, 401}, (name, value)


async def test_a_hundred_thousand_commits_are_no_trouble() -> None:
    commits = [{"id": "a" * 40} for _ in range(100_000)]
    body = json.dumps({**payloads.GITHUB, "commits": commits}).encode()
    async with serve(limits=Limits()) as site:
        assert (await deliver(site, "github", body))[0] == 202
        assert site.pushes == ["fleet"]


SAME = [
    "https://GIT.example/org/fleet",
    "https://git.example:443/org/fleet.git/",
    "https://user:pw@git.example./org/fleet.git",
    "ssh://git@git.example:22/org/fleet",
    "git@git.example:org/fleet.git",
    "http://git.example/org%2Ffleet",
]
OTHER = [
    "https://git.example/org/fleet.git\n",
    "https://git.example/org/fleet%0a",
    "https://git.example/org/.*",
    "https://git.example/org/Fleet",
    "https://git.example.evil/org/fleet",
    "https://git.example:8443/org/fleet",
    "https://git.example@evil.example/org/fleet",
    "https://git.example/org/x/../fleet",
    "https://git.example/org/fleet?x=1",
    "https://[::1/org/fleet",
    "https://git.example:x/org/fleet",
    "file:///org/fleet",
    "javascript:alert(1)",
    "git.example/org/fleet",
    "https://git.example\\org\\fleet",
    "//git.example/org/fleet",
    "",
]


@pytest.mark.parametrize("url", SAME)
async def test_addresses_of_the_same_repository_are_equal(site: Site, url: str) -> None:
    body = json.dumps({"repository": url}).encode()
    assert (await deliver(site, "generic", body))[0] == 202
    assert site.pushes == ["fleet"]


@pytest.mark.parametrize("url", OTHER)
async def test_addresses_that_only_look_alike_are_not(site: Site, url: str) -> None:
    body = json.dumps({"repository": url}).encode()
    assert (await deliver(site, "generic", body))[0] in {400, 401}
    assert site.pushes == []


async def test_ipv6_hosts_are_equal_in_any_spelling() -> None:
    fleet = WatchedRepository(name="v6", urls=("https://[2001:db8::1]/f",), secret=payloads.SECRET)
    async with serve(repositories=(fleet,)) as site:
        body = b'{"repository": "https://[2001:DB8:0:0::1]:443/f.git"}'
        assert (await deliver(site, "generic", body))[0] == 202


@pytest.mark.parametrize("secret", ["", "short"])
def test_an_empty_secret_is_refused_at_start(secret: str) -> None:
    with pytest.raises(SettingsInvalid, match="secret"):
        Inbox([WatchedRepository(name="f", urls=(payloads.URL,), secret=secret)], print)


async def test_a_body_over_the_cap_is_not_read(site: Site) -> None:
    async with site.http.post("/webhook/github", data=b"x" * 100_001) as answer:
        assert answer.status == 413


async def test_a_chunked_body_over_the_cap_is_not_read_on(site: Site) -> None:
    async def parts() -> Any:
        for _ in range(40):
            yield b"x" * 10_000
            await asyncio.sleep(0)

    with contextlib.suppress(ConnectionError):  # closed in the middle of the body is as good
        async with site.http.post("/webhook/github", data=parts()) as answer:
            assert answer.status == 413
    assert site.pushes == []


async def test_a_compressed_body_is_not_unpacked(site: Site) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    headers = {"Content-Encoding": "gzip", **payloads.headers("github", bomb)}
    assert (await deliver(site, "github", bomb, headers))[0] == 415


async def test_a_slow_body_is_cut_off(site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(b"POST /webhook/github HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nabc")
    async with asyncio.timeout(5):
        assert b"408" in await reader.readline()
    writer.close()


async def test_a_slow_head_is_cut_off(site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(b"POST /webhook/github HTTP/1.1\r\nHost: ")
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


async def test_deliveries_beyond_the_bound_are_turned_away_at_once() -> None:
    limits = Limits(deliveries_at_once=2, body_seconds=1.0)
    head = b"POST /webhook/github HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n"
    async with serve(limits=limits) as site:
        opened = [await asyncio.open_connection("127.0.0.1", site.port) for _ in range(3)]
        for _, writer in opened:
            writer.write(head)
            await asyncio.sleep(0.05)
        async with asyncio.timeout(2):
            assert b"503" in await opened[2][0].readline()
        for _, writer in opened:
            writer.close()


async def test_connections_beyond_the_bound_are_hung_up() -> None:
    async with serve(limits=Limits(connections=3)) as site:
        opened = [await asyncio.open_connection("127.0.0.1", site.port) for _ in range(3)]
        await asyncio.sleep(0.05)
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        async with asyncio.timeout(2):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()
        for _, one in opened:
            one.close()


async def test_a_flood_is_counted_and_loses_nothing(site: Site) -> None:
    async def one(number: int) -> int:
        body = json.dumps({**payloads.GENERIC, "number": number}).encode()
        headers = payloads.headers("generic", body) | {"X-Delivery-Id": str(number)}
        return (await deliver(site, "generic", body, headers))[0]

    statuses = [
        status
        for start in range(0, 300, 10)
        for status in await asyncio.gather(*(one(number) for number in range(start, start + 10)))
    ]
    assert set(statuses) == {202}
    assert site.pushes == ["fleet"] * 300
    counted = site.face.metrics.value(
        "reconciler_webhook_deliveries_total", provider="generic", result="triggered"
    )
    assert counted == 300


async def test_the_secret_is_in_no_repr() -> None:
    watched = WatchedRepository(name="f", urls=(payloads.URL,), secret=payloads.SECRET)
    assert payloads.SECRET not in repr(watched)
