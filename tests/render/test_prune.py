"""What a server filled in does not travel."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.render.prune import pruned


def an_object(kind: str, **parts: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "web"}, **parts}


def test_metadata_and_status_of_a_server_are_taken_off() -> None:
    metadata = {
        "name": "web",
        "uid": "1",
        "resourceVersion": "2",
        "managedFields": [],
        "labels": {},
    }
    body = an_object("Anything", metadata=metadata, status={"ready": True})
    assert pruned(body) == an_object("Anything", metadata={"name": "web", "labels": {}})
    assert body["status"] == {"ready": True}


@pytest.mark.parametrize("address", ["None", ""])
def test_a_headless_service_stays_headless(address: str) -> None:
    body = an_object("Service", spec={"clusterIP": address, "clusterIPs": [address]})
    assert ("clusterIP" in pruned(body)["spec"]) is (address == "None")


def test_an_address_is_not_carried_to_another_cluster() -> None:
    body = an_object("Service", spec={"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "x": 1})
    assert pruned(body)["spec"] == {"x": 1}


def test_a_job_loses_its_generated_selector_and_its_time_to_live() -> None:
    labels = {"app": "web", "job-name": "web", "batch.kubernetes.io/controller-uid": "1"}
    spec = {
        "ttlSecondsAfterFinished": 5,
        "selector": {"matchLabels": {"controller-uid": "1"}},
        "template": {"metadata": {"labels": labels}},
    }
    assert pruned(an_object("Job", spec=spec))["spec"] == {
        "selector": {"matchLabels": {}},
        "template": {"metadata": {"labels": {"app": "web"}}},
    }


def test_a_manual_selector_stays() -> None:
    spec = {"manualSelector": True, "selector": {"matchLabels": {"controller-uid": "1"}}}
    assert pruned(an_object("Job", spec=spec))["spec"] == spec


def test_a_deployment_loses_its_revisions() -> None:
    annotations = {"deployment.kubernetes.io/revision": "3", "note": "x"}
    body = an_object("Deployment", metadata={"name": "web", "annotations": annotations})
    assert pruned(body)["metadata"]["annotations"] == {"note": "x"}


def test_a_token_secret_loses_its_data() -> None:
    body = an_object(
        "Secret",
        metadata={"name": "t", "annotations": {"kubernetes.io/service-account.uid": "1"}},
        type="kubernetes.io/service-account-token",
        data={"token": "c2VjcmV0"},
    )
    assert pruned(body)["data"] is None
    assert pruned(body)["metadata"]["annotations"] == {}


def test_another_secret_keeps_its_data() -> None:
    body = an_object("Secret", type="Opaque", data={"a": "Yg=="})
    assert pruned(body) == body


def test_generated_tokens_leave_a_service_account_but_for_the_one_behind_another() -> None:
    names = ["web-token-a", "web-token-b", "mine", "web-token-c"]
    body = an_object("ServiceAccount", secrets=[{"name": name} for name in names])
    assert pruned(body)["secrets"] == [{"name": "web-token-b"}, {"name": "mine"}]


def test_a_claim_forgets_the_node_chosen_for_it() -> None:
    annotations = {"volume.kubernetes.io/selected-node": "n1", "note": "x"}
    body = an_object("PersistentVolumeClaim", metadata={"name": "c", "annotations": annotations})
    assert pruned(body)["metadata"]["annotations"] == {"note": "x"}


@pytest.mark.parametrize("kind", ["Service", "Job", "Deployment", "ServiceAccount", "Secret"])
def test_an_object_of_an_odd_shape_passes_unharmed(kind: str) -> None:
    body = an_object(kind, spec="text", secrets="text", data=None)
    assert pruned(body) == body
