"""ServiceImport: brings the Service derived from it and that Service's endpoints."""

from __future__ import annotations

from typing import Final

from reconciler.interpret.body import map_at, text_at
from reconciler.interpret.operation import Body, KindInterpreter
from reconciler.interpret.podtemplate import reference

SERVICE_NAME_LABEL: Final = "kubernetes.io/service-name"


def get_dependencies(body: Body) -> list[Body]:
    """The derived Service, and its EndpointSlices by label."""
    metadata = map_at(body, "metadata")
    namespace = text_at(metadata, "namespace")
    derived = f"derived-{text_at(metadata, 'name')}"
    slices = reference("discovery.k8s.io/v1", "EndpointSlice", namespace, "")
    del slices["name"]
    selector = {"matchLabels": {SERVICE_NAME_LABEL: derived}}
    return [
        reference("v1", "Service", namespace, derived),
        slices | {"labelSelector": selector},
    ]


INTERPRETER: Final = KindInterpreter(
    api_version="multicluster.x-k8s.io/v1alpha1",
    kind="ServiceImport",
    get_dependencies=get_dependencies,
)
