"""Services and ingresses: load balancers get an address; endpoints follow ready pods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.adapters.simulation.controllers.view import View, is_deleted, is_ready

Manifest = dict[str, Any]


def run(view: View) -> None:
    for service in view.all("", "services"):
        if is_deleted(service):
            continue
        if service["spec"].get("type") == "LoadBalancer":
            _give_address(view, service)
        if service["spec"].get("selector"):
            _endpoints(view, service)


def _give_address(view: View, service: Manifest) -> None:
    status = service.get("status") or {}
    if (status.get("loadBalancer") or {}).get("ingress"):
        return
    ingress = [{"ip": view.cluster.addresses.balancer()}]
    view.set_status(service, {**status, "loadBalancer": {"ingress": ingress}})


def _endpoints(view: View, service: Manifest) -> None:
    metadata = service["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    subsets = _subsets(view, service)
    found = view.get("", "endpoints", namespace, name)
    if found is None:
        view.create(
            {
                "apiVersion": "v1",
                "kind": "Endpoints",
                "metadata": {"name": name, "namespace": namespace},
                **({"subsets": subsets} if subsets else {}),
            }
        )
    elif (found.get("subsets") or []) != subsets:
        kept = {key: value for key, value in found.items() if key != "subsets"}
        view.replace({**kept, "subsets": subsets} if subsets else kept)


def _subsets(view: View, service: Manifest) -> list[Manifest]:
    selector = service["spec"]["selector"]
    pods = [
        pod
        for pod in view.all("", "pods", service["metadata"]["namespace"])
        if _matches(selector, pod) and is_ready(pod)
    ]
    if not pods:
        return []
    ports = [_port(port) for port in service["spec"].get("ports") or ()]
    return [{"addresses": [_address(pod) for pod in pods], "ports": ports}]


def _matches(selector: Mapping[str, str], pod: Manifest) -> bool:
    labels = pod["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in selector.items())


def _address(pod: Manifest) -> Manifest:
    metadata = pod["metadata"]
    return {
        "ip": pod["status"]["podIP"],
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": {
            "kind": "Pod",
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        },
    }


def _port(port: Mapping[str, Any]) -> Manifest:
    target = port.get("targetPort", port["port"])
    number = target if isinstance(target, int) else port["port"]
    shown = {"port": number, "protocol": port.get("protocol", "TCP")}
    return {"name": port["name"], **shown} if port.get("name") else shown
