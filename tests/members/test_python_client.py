"""The official Python client, typed, dynamic and aio, works against a simulated cluster."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.adapters.simulation import Endpoint, SimulatedFleet
from tests.members.contract import config_map, deployment

kubernetes = pytest.importorskip("kubernetes")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    fleet = SimulatedFleet(["a"])
    yield fleet.start()["a"]
    fleet.close()


@pytest.fixture
def api_client(endpoint: Endpoint) -> Iterator[Any]:
    configuration = kubernetes.client.Configuration()
    configuration.host = endpoint.url
    configuration.api_key = {"authorization": f"Bearer {endpoint.token}"}
    with kubernetes.client.ApiClient(configuration) as client:
        yield client


def test_the_typed_client_lists_watches_and_patches(api_client: Any) -> None:
    core = kubernetes.client.CoreV1Api(api_client)
    apps = kubernetes.client.AppsV1Api(api_client)
    assert len(core.list_node().items) == 3
    created = apps.create_namespaced_deployment("default", deployment("typed"))
    assert created.spec.replicas == 2
    version = apps.list_namespaced_deployment("default").metadata.resource_version
    change = {"spec": {"replicas": 1}}
    timer = threading.Timer(
        0.2, lambda: apps.patch_namespaced_deployment("typed", "default", change)
    )
    timer.start()
    seen = []
    watch = kubernetes.watch.Watch()
    for event in watch.stream(
        apps.list_namespaced_deployment, "default", resource_version=version, timeout_seconds=5
    ):
        seen.append(event["object"].spec.replicas)
        if seen[-1] == 1:
            watch.stop()
    timer.join()
    assert seen[-1] == 1
    apps.delete_namespaced_deployment("typed", "default")


def test_the_dynamic_client_finds_kinds_by_itself(api_client: Any) -> None:
    dynamic = kubernetes.dynamic.DynamicClient(api_client)
    maps = dynamic.resources.get(api_version="v1", kind="ConfigMap")
    maps.server_side_apply(config_map("dynamic"), namespace="default", field_manager="dynamic")
    assert maps.get("dynamic", "default").data.k == "v"
    patched = maps.patch(
        {"data": {"k": "2"}},
        name="dynamic",
        namespace="default",
        content_type="application/merge-patch+json",
    )
    assert patched.data.k == "2"
    listed = maps.get(namespace="default")
    assert "dynamic" in [one.metadata.name for one in listed.items]


async def test_the_asynchronous_client_works_too(endpoint: Endpoint) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from kubernetes.aio import client  # noqa: PLC0415 — warns when imported
    configuration = client.Configuration(host=endpoint.url)
    configuration.api_key = {"authorization": f"Bearer {endpoint.token}"}
    async with client.ApiClient(configuration) as api:
        core = client.CoreV1Api(api)
        nodes = await core.list_node()
        assert len(nodes.items) == 3
        manifest: Any = config_map("aio")
        await core.create_namespaced_config_map("default", manifest)
        body = {"data": {"k": "3"}}
        patched = await core.patch_namespaced_config_map("aio", "default", body)
        assert patched.data == {"k": "3"}
