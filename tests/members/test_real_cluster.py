"""The real API server that the `cluster` tests compare with starts, answers and knows its users."""

from __future__ import annotations

import pytest

from tests.realcluster import VIEW_TOKEN, RealApiServer

pytestmark = pytest.mark.cluster


def test_the_administrator_may_list_namespaces(real_api_server: RealApiServer) -> None:
    code, body = real_api_server.request("GET", "/api/v1/namespaces")
    assert code == 200
    assert "default" in [item["metadata"]["name"] for item in body["items"]]


def test_the_viewer_may_not(real_api_server: RealApiServer) -> None:
    code, body = real_api_server.request("GET", "/api/v1/namespaces", token=VIEW_TOKEN)
    assert (code, body["reason"]) == (403, "Forbidden")


def test_requests_are_audited(real_api_server: RealApiServer) -> None:
    real_api_server.request("GET", "/api/v1/namespaces/default")
    assert "/api/v1/namespaces/default" in real_api_server.audit_log.read_text()
