"""Outcomes and evidence for reports, as small as they can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.interpret.chain import Interpreter
from reconciler.model.binding import Binding, BindingState, EvictionTask, ResourceRef, Target
from reconciler.model.decision import Decision
from reconciler.model.fleet import Fleet, Template
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.report import FleetReport, TemplateStatus
from reconciler.model.world import Observed, Outcome, Placed, State
from reconciler.status.report import Evidence, fleet_report
from tests.works import a_work

NOW = "2026-01-01T00:00:00Z"
LATER = "2026-01-01T00:01:00Z"
WEB = ObjectKey("apps", "Deployment", "shop", "web")


def a_deployment(replicas: int = 3, name: str = "web") -> dict[str, Any]:
    """A Deployment as it is in Git."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"replicas": replicas},
    }


def a_secret(**data: str) -> dict[str, Any]:
    """A Secret."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "key", "namespace": "shop"},
        "data": data,
    }


def observed_deployment(
    replicas: int, ready: int, *, generation: int = 1, **status: Any
) -> dict[str, Any]:
    """The Deployment as a member has it: rendered from generation 1 of the template."""
    body = a_deployment(replicas)
    body["metadata"] |= {
        "generation": generation,
        "annotations": {"resourcetemplate.karmada.io/generation": "1"},
    }
    counters = {
        "observedGeneration": generation,
        "replicas": replicas,
        "updatedReplicas": replicas,
        "readyReplicas": ready,
        "availableReplicas": ready,
    }
    return body | {"status": {**counters, **status}}


def a_template(body: dict[str, Any]) -> Template:
    """The template of a manifest."""
    manifest = Manifest(body)
    return Template(key=manifest.key, manifest=manifest, digest="d", spec_digest="s")


def an_outcome(
    *bodies: dict[str, Any],
    clusters: Iterable[str] = ("eu", "us"),
    tasks: tuple[EvictionTask, ...] = (),
    decision: Decision | None = None,
    unrendered: frozenset[str] = frozenset(),
    **more: Any,
) -> Outcome:
    """Every object placed and rendered on all clusters but the unrendered ones."""
    names = sorted(clusters)
    templates = {one.key: one for one in map(a_template, bodies)}
    targets = tuple(Target(name=name) for name in names)
    placed = {
        key: a_placement(template, targets, tasks, decision or Decision(targets=targets))
        for key, template in templates.items()
    }
    works = {
        name: {key: a_work(one.manifest.body, name) for key, one in templates.items()}
        for name in names
        if name not in unrendered
    }
    return Outcome(
        fleet=Fleet(revision="c0ffee", templates=templates),
        placed=placed,
        works=works,
        state=State(bindings={key: one.remembered for key, one in placed.items()}),
        **more,
    )


def a_placement(
    template: Template,
    targets: tuple[Target, ...],
    tasks: tuple[EvictionTask, ...],
    decision: Decision,
) -> Placed:
    """One binding on its targets, its template at generation 1."""
    key = template.key
    reference = ResourceRef(
        api_version=template.manifest.api_version,
        kind=key.kind,
        namespace=key.namespace,
        name=key.name,
    )
    binding = Binding(key=key, resource=reference, claim=None, placement=None)
    state = BindingState(key=key, targets=targets, generation=1, eviction_tasks=tasks)
    return Placed(binding=binding, decision=decision, remembered=state, targets=targets)


def seen(**bodies: dict[str, Any] | None) -> dict[str, Observed | None]:
    """What members hold: one object by cluster; None for a member that was not readable."""
    return {
        cluster: None if body is None else Observed(objects={Manifest(body).key: body})
        for cluster, body in bodies.items()
    }


def reported(
    outcome: Outcome,
    observed: Mapping[str, Observed | None],
    before: Mapping[ObjectKey, TemplateStatus] | None = None,
    *,
    interpreter: Interpreter | None = None,
    now: str = NOW,
    **evidence: Any,
) -> FleetReport:
    """The report of one pass."""
    return fleet_report(
        outcome,
        Evidence(observed=observed, **evidence),
        before or {},
        interpreter or Interpreter(),
        now,
    )


def with_frozen(outcome: Outcome, *keys: ObjectKey) -> Outcome:
    """The outcome with these templates in their last applied version."""
    return replace(outcome, frozen_keys=frozenset(keys))
