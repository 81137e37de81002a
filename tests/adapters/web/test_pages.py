"""Health, metrics and the dashboard over real HTTP, with names that are attacks."""

from __future__ import annotations

import asyncio
import base64
import re

import aiohttp
import pytest

from reconciler.adapters.web import MetricsBoard
from reconciler.adapters.web.routes import ROUTES
from reconciler.adapters.web.routes.route import Access
from reconciler.model.identity import ObjectKey
from reconciler.model.metric import METRICS, MetricKind, Sample
from reconciler.model.report import FleetReport, Health, MemberStatus, TemplateStatus
from tests.adapters.web.conftest import Site, serve

ATTACK = "<script>alert(1)</script>\x1b]52;c;x\x07\u202e\ud800"
TOKEN = "canary-viewer-77aa"


def report(name: str = "web", message: str = "no room") -> FleetReport:
    key = ObjectKey("apps", "Deployment", "shop", name)
    members = (
        MemberStatus(cluster="eu-1", applied=True, health=Health.HEALTHY, since="2026-01-01"),
        MemberStatus(cluster=name, applied=False, health=Health.UNKNOWN, message=message),
    )
    template = TemplateStatus(key=key, api_version="apps/v1", members=members, expected=2)
    return FleetReport(
        source_commit="a" * 40,
        templates={key: template},
        frozen_clusters={"us-1": message},
        holds=("b" * 64,),
        problems=(message,),
    )


async def get(site: Site, path: str, **kwargs: object) -> tuple[int, str, aiohttp.ClientResponse]:
    async with site.http.get(path, **kwargs) as answer:  # type: ignore[arg-type]
        return answer.status, await answer.text(), answer


@pytest.mark.parametrize("path", ["/livez", "/healthz", "/readyz"])
async def test_a_sound_service_says_ok(site: Site, path: str) -> None:
    assert (await get(site, path))[:2] == (200, "ok\n")


async def test_each_probe_says_what_is_its_own() -> None:
    async with serve(
        unready=lambda: {"repository": "not\nread yet"}, unhealthy=lambda: {"loop": "stuck"}
    ) as site:
        assert (await get(site, "/livez"))[0] == 200
        assert (await get(site, "/healthz"))[:2] == (503, "loop: stuck\n")
        assert (await get(site, "/readyz"))[:2] == (
            503,
            "loop: stuck\nrepository: not\\nread yet\n",
        )


@pytest.mark.parametrize("path", ["/", "/style.css", "/metrics", "/livez", "/nothing", "/pages/"])
async def test_every_answer_is_secured_and_silent_about_versions(site: Site, path: str) -> None:
    _, text, answer = await get(site, path)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in answer.headers
    said = f"{text} {answer.headers}".lower().replace("version=0.0.4", "")  # of the text format
    assert not re.search(r"aiohttp|python|\b\d+\.\d+\.\d+\b", said)


async def test_a_request_that_is_no_http_learns_nothing(site: Site) -> None:
    for garbage in (
        b"\x16\x03\x01\x02\0garbage\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"G\0T / x\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(garbage)
        async with asyncio.timeout(5):
            said = await reader.read()
        writer.close()
        assert b"aiohttp" not in said
        assert b"Python" not in said
        assert b"garbage" not in said


async def test_a_failing_page_says_nothing_about_why() -> None:
    def broken() -> FleetReport | None:
        raise RuntimeError("canary-detail")

    async with serve(report=broken) as site:
        status, text, answer = await get(site, "/", headers={"Accept": "text/html"})
        assert (status, text) == (500, "internal server error\n")
        assert "Python" not in answer.headers.get("Server", "")


def _basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"me:{password}".encode()).decode()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
async def test_every_route_keeps_to_its_access(route: object) -> None:
    assert any(route is one for one in ROUTES)
    row = next(one for one in ROUTES if one is route)
    path = row.path.replace("{provider}", "github")
    offers = [None, "", "Bearer", "Bearer wrong", "Basic !!!", _basic("wrong"), "Digest x"]
    async with serve(viewer_token=TOKEN) as site:
        for offer in offers:
            headers = {} if offer is None else {"Authorization": offer}
            async with site.http.request(row.method, path, headers=headers) as answer:
                is_open = row.access is Access.PUBLIC
                assert (answer.status == 200) is is_open, offer
        for offer in (f"Bearer {TOKEN}", _basic(TOKEN)):
            headers = {"Authorization": offer}
            async with site.http.request(row.method, path, headers=headers) as answer:
                assert (answer.status == 200) is (row.access is not Access.SIGNED)
        async with site.http.request("DELETE", path) as answer:
            assert answer.status == 405


async def test_the_page_shows_what_is_wrong() -> None:
    async with serve(report=report) as site:
        _, text, answer = await get(site, "/")
    assert answer.content_type == "text/html"
    for expected in (
        "Deletions wait for approval",
        "apps/Deployment shop/web",
        "no room",
        "1 of 1",
    ):
        assert expected in text
    assert "b" * 64 in text
    assert not re.search(r"<script|style=|\son\w+=|javascript:", text)


async def test_the_page_waits_for_the_first_report(site: Site) -> None:
    assert "Waiting for the first pass" in (await get(site, "/"))[1]


async def test_names_that_are_attacks_stay_text() -> None:
    async with serve(report=lambda: report(ATTACK, ATTACK)) as site:
        status, text, _ = await get(site, "/")
    assert status == 200
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert not any(unsafe in text for unsafe in ("\x1b", "\x07", "\u202e"))


async def test_many_rows_are_cut_and_counted() -> None:
    members = tuple(
        MemberStatus(cluster=f"c{number:04}", applied=False, health=Health.UNKNOWN)
        for number in range(500)
    )
    key = ObjectKey("", "ConfigMap", "shop", "x")
    template = TemplateStatus(key=key, api_version="v1", members=members, expected=500)
    async with serve(report=lambda: FleetReport(templates={key: template})) as site:
        _, text, _ = await get(site, "/")
    assert "300 more" in text
    assert text.count("<tr>") == 402


def test_karmadas_names_and_types_are_kept() -> None:
    board = MetricsBoard()
    write = {"result": "success", "apiversion": "v1", "kind": "Secret", "member_cluster": "eu-1"}
    board.record(Sample(name="delete_resource_from_cluster", value=1, labels=write))
    board.record(Sample(name="delete_resource_from_cluster", value=2, labels=write))
    board.record(Sample(name="policy_apply_attempts_total", value=1, labels={"result": "success"}))
    for seconds in (0.0005, 0.001, 0.003, 99.0):
        board.record(Sample(name="reconciler_schedule_latency_seconds", value=seconds))
    text = board.exposition().decode()
    assert 'delete_resource_from_cluster{apiversion="v1",' in text
    assert re.search(r"^delete_resource_from_cluster{[^}]*} 3.0$", text, re.MULTILINE)
    assert 'policy_apply_attempts_total{result="success"} 1.0' in text
    assert 'reconciler_schedule_latency_seconds_bucket{le="0.001"} 2.0' in text
    assert 'reconciler_schedule_latency_seconds_bucket{le="0.004"} 3.0' in text
    assert 'reconciler_schedule_latency_seconds_bucket{le="+Inf"} 4.0' in text
    assert "reconciler_schedule_latency_seconds_count 4.0" in text
    assert "python" not in text
    assert "_created" not in text


async def test_hostile_label_values_neither_break_nor_swell_the_metrics() -> None:
    board = MetricsBoard(most_series=5)
    samples = [
        Sample(
            name="cluster_ready_state",
            value=1,
            labels={"member_cluster": f'{number}"}}\n# EVIL {ATTACK}' + "x" * 10_000},
        )
        for number in range(50)
    ]
    board.replace(samples)
    async with serve(metrics=board) as site:
        status, text, _ = await get(site, "/metrics")
    assert status == 200
    assert len(text) < 5_000
    assert 'cluster_ready_state{member_cluster="(other)"} 45.0' in text
    assert 'reconciler_metric_series_dropped{metric="cluster_ready_state"} 45.0' in text
    assert not any(line.startswith("# EVIL") for line in text.splitlines())


def test_series_of_clusters_that_left_are_gone() -> None:
    board = MetricsBoard()
    board.replace(
        Sample(name="cluster_ready_state", value=1, labels={"member_cluster": name})
        for name in ("eu-1", "us-1")
    )
    board.replace([Sample(name="cluster_ready_state", value=0, labels={"member_cluster": "eu-1"})])
    assert "us-1" not in board.exposition().decode()
    board.replace([], names=["cluster_ready_state"])
    assert "cluster_ready_state" not in board.exposition().decode()


def test_every_metric_of_the_table_is_said_as_its_kind() -> None:
    board = MetricsBoard()
    for name, metric in METRICS.items():
        if name != "reconciler_metric_series_dropped":
            board.record(Sample(name=name, value=1, labels=dict.fromkeys(metric.labels, "x")))
    text = board.exposition().decode()
    for name, metric in METRICS.items():
        if name == "reconciler_metric_series_dropped":
            continue
        assert f"# HELP {name} {metric.help}" in text
        kind = "histogram" if metric.kind is MetricKind.HISTOGRAM else None
        if kind:
            assert f"# TYPE {name} histogram" in text


async def test_a_scrape_never_sees_half_a_snapshot() -> None:
    board = MetricsBoard()
    samples = [
        Sample(name="cluster_ready_state", value=1, labels={"member_cluster": f"c{number}"})
        for number in range(500)
    ]
    board.replace(samples)

    def read() -> set[int]:
        return {board.exposition().count(b"cluster_ready_state{") for _ in range(30)}

    reading = asyncio.create_task(asyncio.to_thread(read))
    while not reading.done():
        board.replace(samples)
        await asyncio.sleep(0)
    assert await reading == {500}
