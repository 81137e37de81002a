"""Contract: lists, pages, selectors and watches."""

from __future__ import annotations

import pytest

from tests.members.contract import Server, config_map, reason


@pytest.fixture
def path(server: Server) -> str:
    """Five ConfigMaps `c0` … `c4` in a fresh namespace, group a or b by turns."""
    collection = f"/api/v1/namespaces/{server.namespace()}/configmaps"
    for number in range(5):
        labels = {"group": "ab"[number % 2], "number": str(number)}
        server.post(collection, config_map(f"c{number}", labels=labels))
    return collection


def names(server: Server, path: str, **query: str | int) -> list[str]:
    code, body = server.get(path, **query)
    assert code == 200
    return [
        item["metadata"]["name"] for item in body["items"] if item["metadata"]["name"][0] == "c"
    ]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("group=a", "024"),
        ("group==b", "13"),
        ("group!=a", "13"),
        ("number in (1, 4)", "14"),
        ("number notin (1,4),group", "023"),
        ("missing", ""),
        ("!missing,number=2", "2"),
    ],
)
def test_labels_select(server: Server, path: str, selector: str, expected: str) -> None:
    assert names(server, path, labelSelector=selector) == [f"c{one}" for one in expected]


def test_a_malformed_selector_is_a_bad_request(server: Server, path: str) -> None:
    code, body = server.get(path, labelSelector="a in")
    assert (code, reason(body)) == (400, "BadRequest")


def test_fields_select(server: Server, path: str) -> None:
    assert names(server, path, fieldSelector="metadata.name=c3") == ["c3"]
    code, body = server.get(path, fieldSelector="data.k=v")
    assert (code, reason(body)) == (400, "BadRequest")


def test_pages_show_one_revision(server: Server, path: str) -> None:
    _, first = server.get(path, limit=2, labelSelector="number")
    server.delete(f"{path}/c3")
    server.post(path, config_map("c9", labels={"number": "9"}))
    token = first["metadata"]["continue"]
    query = {"limit": 10, "labelSelector": "number", "continue": token}
    code, second = server.get(path, **query)
    assert code == 200
    assert [item["metadata"]["name"] for item in second["items"]] == ["c2", "c3", "c4"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert "continue" not in second["metadata"]


def test_a_page_counts_what_remains(server: Server, path: str) -> None:
    _, whole = server.get(path)
    _, page = server.get(path, limit=2)
    assert page["metadata"]["remainingItemCount"] == len(whole["items"]) - 2


def test_a_bad_token_is_a_bad_request(server: Server, path: str) -> None:
    code, body = server.get(path, **{"limit": 2, "continue": "xyz"})
    assert (code, reason(body)) == (400, "BadRequest")


def test_items_leave_their_kind_to_the_list(server: Server, path: str) -> None:
    _, body = server.get(path)
    assert body["kind"] == "ConfigMapList"
    assert "kind" not in body["items"][0]


def test_metadata_alone_can_be_asked_for(server: Server, path: str) -> None:
    accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
    _, body = server.call("GET", path, headers={"Accept": accept})
    assert body["kind"] == "PartialObjectMetadataList"
    assert set(body["items"][0]) <= {"kind", "apiVersion", "metadata"}


def test_a_watch_tells_what_happened_since(server: Server, path: str) -> None:
    _, listed = server.get(path)
    version = listed["metadata"]["resourceVersion"]
    server.patch(f"{path}/c0", {"data": {"k": "2"}})
    server.delete(f"{path}/c1")
    server.post(path, config_map("c9"))
    events = server.watch(path, resourceVersion=version)
    seen = [(event["type"], event["object"]["metadata"]["name"]) for event in events]
    assert seen == [("MODIFIED", "c0"), ("DELETED", "c1"), ("ADDED", "c9")]
    revisions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert revisions == sorted(revisions)


def test_a_watch_sees_objects_enter_and_leave_its_selector(server: Server, path: str) -> None:
    version = server.get(path)[1]["metadata"]["resourceVersion"]
    server.patch(f"{path}/c0", {"metadata": {"labels": {"group": "b"}}})
    server.patch(f"{path}/c1", {"metadata": {"labels": {"group": "a"}}})
    events = server.watch(path, resourceVersion=version, labelSelector="group=a")
    seen = [(event["type"], event["object"]["metadata"]["name"]) for event in events]
    assert seen == [("DELETED", "c0"), ("ADDED", "c1")]


def test_a_watch_without_a_version_begins_with_what_there_is(server: Server, path: str) -> None:
    events = server.watch(path, labelSelector="number")
    assert [event["type"] for event in events] == ["ADDED"] * 5


def test_one_object_can_be_watched(server: Server, path: str) -> None:
    version = server.get(path)[1]["metadata"]["resourceVersion"]
    server.patch(f"{path}/c0", {"data": {"k": "2"}})
    server.patch(f"{path}/c1", {"data": {"k": "2"}})
    events = server.watch(path, resourceVersion=version, fieldSelector="metadata.name=c1")
    assert [event["object"]["metadata"]["name"] for event in events] == ["c1"]
