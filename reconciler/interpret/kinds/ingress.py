"""Ingress: the addresses of all clusters; needs the Secrets of its certificates."""

from __future__ import annotations

from typing import Final

from reconciler.interpret import loadbalancer, typed, workload
from reconciler.interpret.body import list_at, map_at, text_at
from reconciler.interpret.operation import Body, KindInterpreter
from reconciler.interpret.podtemplate import reference


def aggregate_status(template: Body, items: list[Body]) -> Body:
    """All addresses of all clusters."""
    return loadbalancer.aggregate(template, items, typed.INGRESS)


def get_dependencies(body: Body) -> list[Body]:
    """The Secrets that `spec.tls` names."""
    namespace = text_at(map_at(body, "metadata"), "namespace")
    names = {text_at(entry, "secretName") for entry in list_at(body, "spec", "tls")}
    return [reference("v1", "Secret", namespace, name) for name in sorted(names) if name]


INTERPRETER: Final = KindInterpreter(
    api_version="networking.k8s.io/v1",
    kind="Ingress",
    reflect_status=workload.whole_status,
    aggregate_status=aggregate_status,
    interpret_health=loadbalancer.has_address,
    get_dependencies=get_dependencies,
)
