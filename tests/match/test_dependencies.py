"""Edges to what a template needs, and where that takes the dependencies."""

from __future__ import annotations

from dataclasses import replace

from reconciler.interpret.chain import Interpreter
from reconciler.match import (
    TemplateIndex,
    Wishes,
    attached,
    bind,
    dependencies,
    merged_targets,
    requirers_of,
)
from reconciler.model.binding import Binding, Requirer, Target
from reconciler.model.config import FleetConfig
from reconciler.model.fleet import Template
from reconciler.model.identity import ObjectKey
from tests.match.builders import a_policy, a_template

POD = {
    "containers": [{"name": "c", "envFrom": [{"configMapRef": {"name": "settings"}}]}],
    "volumes": [{"name": "v", "secret": {"secretName": "missing"}}],
}
WEB = a_template(spec={"template": {"spec": POD}})
SETTINGS = a_template("ConfigMap", "settings", api_version="v1")
EU, US = Target(name="eu", replicas=2), Target(name="us", replicas=1)


def a_binding(template: Template, **changes: object) -> Binding:
    """A binding of a policy that propagates dependencies."""
    binding = bind(
        template,
        a_policy(propagateDeps=True),
        interpreter=Interpreter(),
        config=FleetConfig(),
        previous=None,
    )
    return replace(binding, **changes)  # type: ignore[arg-type]


def edges(binding: Binding, template: Template, *others: Template) -> tuple[ObjectKey, ...]:
    """Dependencies among these templates."""
    index = TemplateIndex({one.key: one for one in (template, *others)})
    return dependencies(binding, template, Interpreter(), index)


def test_what_exists_is_an_edge_and_what_is_missing_is_not() -> None:
    elsewhere = a_template("Secret", "missing", "elsewhere", api_version="v1")
    assert edges(a_binding(WEB), WEB, SETTINGS, elsewhere) == (SETTINGS.key,)


def test_only_policies_that_propagate_dependencies_make_edges() -> None:
    assert edges(a_binding(WEB, propagate_deps=False), WEB, SETTINGS) == ()


def test_objects_without_namespace_have_no_edges() -> None:
    template = a_template(namespace="", spec={"template": {"spec": POD}})
    assert edges(a_binding(template), template, SETTINGS) == ()


def test_endpoint_slices_of_a_service_import_are_found_by_label() -> None:
    label = {"kubernetes.io/service-name": "derived-web"}
    found = a_template("EndpointSlice", "one", api_version="discovery.k8s.io/v1", labels=label)
    other = a_template("EndpointSlice", "two", api_version="discovery.k8s.io/v1")
    importing = a_template("ServiceImport", api_version="multicluster.x-k8s.io/v1alpha1")
    assert edges(a_binding(importing), importing, found, other) == (found.key,)


def test_a_reference_that_names_nothing_is_no_edge() -> None:
    vague: dict[str, object] = {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "shop"}

    class Vague(Interpreter):
        def get_dependencies(self, body: dict[str, object]) -> list[dict[str, object]]:
            return [vague] if body else []

    index = TemplateIndex({SETTINGS.key: SETTINGS})
    assert dependencies(a_binding(WEB), WEB, Vague(), index) == ()


def test_requirers_are_sorted_and_those_that_go_nowhere_require_nothing() -> None:
    bindings = {
        one.key: a_binding(one) for one in (WEB, a_template(name="api"), a_template(name="idle"))
    }
    needs = dict.fromkeys(bindings, (SETTINGS.key,))
    targets = {key: () if key.name == "idle" else (EU,) for key in bindings}
    found = requirers_of(needs, bindings, targets)
    assert found == {
        SETTINGS.key: (
            Requirer(namespace="shop", name="api-deployment", targets=(EU,)),
            Requirer(namespace="shop", name="web-deployment", targets=(EU,)),
        )
    }


def test_targets_are_its_own_and_those_of_its_requirers() -> None:
    requirer = Requirer(namespace="shop", name="x", targets=(replace(EU, replicas=9), US))
    assert merged_targets((EU,), (requirer,)) == (EU, US)
    assert merged_targets((), ()) == ()


def test_an_attached_binding_has_no_placement_and_takes_the_stronger_wishes() -> None:
    calm = a_binding(WEB)
    strong = a_binding(WEB, conflict_resolution="Overwrite", preserve_on_deletion=True)
    merged = attached(SETTINGS, Wishes.of([calm, strong]))
    assert (merged.claim, merged.placement, merged.name) == (None, None, "settings-configmap")
    assert (merged.conflict_resolution, merged.preserve_on_deletion) == ("Overwrite", True)
    alone = attached(SETTINGS, Wishes.of([calm]))
    assert (alone.conflict_resolution, alone.preserve_on_deletion) == ("Abort", None)
