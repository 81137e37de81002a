"""Namespaces that are being deleted: their content goes, then they go."""

from __future__ import annotations

from reconciler.adapters.simulation.controllers.view import View, is_deleted


def run(view: View) -> None:
    for namespace in view.all("", "namespaces"):
        if is_deleted(namespace) and _empty(view, namespace["metadata"]["name"]):
            view.cluster.finalize_namespace(namespace["metadata"]["name"], {})


def _empty(view: View, name: str) -> bool:
    """Delete what is inside; True when nothing is left."""
    left = False
    for resource in view.cluster.catalogue.every():
        if not resource.namespaced or "delete" not in resource.verbs:
            continue
        for manifest in view.all(resource.group, resource.plural, name):
            left = True
            if not is_deleted(manifest):
                view.delete(manifest)
    return not left
