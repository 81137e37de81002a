"""`pipeline`: whole fleets through the whole cycle, against what a live Karmada did with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from reconciler.cycle import Engine
from reconciler.model.binding import BindingState, Target
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Position
from reconciler.model.fleet import Fleet, Template
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.policy import OverridePolicy, PropagationPolicy
from reconciler.model.world import Outcome, Placed, State, World
from reconciler.parse.decode import (
    decode_cluster,
    decode_override_policy,
    decode_propagation_policy,
)

_NOW = "2026-01-01T00:00:00Z"


def pipeline(given: dict[str, Any]) -> Any:
    """Bindings and works of the fleet."""
    templates = {one.key: one for one in map(_template, given["templates"])}
    fleet = Fleet(
        config=FleetConfig(fleet_id="vectors"),
        clusters=tuple(decode_cluster(one, Position()) for one in given["clusters"]),
        templates=dict(sorted(templates.items())),
        propagation_policies=tuple(_propagation(given["policies"])),
        override_policies=tuple(_overrides(given["policies"])),
    )
    state = State(bindings={key: _state(one) for key, one in templates.items()})
    outcome = Engine().reconcile(World(fleet=fleet, state=state), _NOW)
    return {
        "bindings": sorted(
            (_binding(one) for one in outcome.placed.values()), key=lambda one: one["name"]
        ),
        "works": {cluster.name: _works(outcome, cluster.name) for cluster in fleet.clusters},
    }


def _template(body: dict[str, Any]) -> Template:
    """As an API server stored it; identity and generation are the server's."""
    manifest = Manifest(body)
    content = {key: value for key, value in body.items() if key != "metadata"}
    digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Template(key=manifest.key, manifest=manifest, digest=digest, spec_digest=digest)


def _state(template: Template) -> BindingState:
    generation = template.manifest.metadata.get("generation", 0)
    return BindingState(
        key=template.key, template_digest=template.spec_digest, generation=generation
    )


def _propagation(documents: list[dict[str, Any]]) -> list[PropagationPolicy]:
    return [
        decode_propagation_policy(one, Position())
        for one in documents
        if one["kind"].endswith("PropagationPolicy")
    ]


def _overrides(documents: list[dict[str, Any]]) -> list[OverridePolicy]:
    return [
        decode_override_policy(one, Position())
        for one in documents
        if one["kind"].endswith("OverridePolicy")
    ]


def _binding(placed: Placed) -> dict[str, Any]:
    binding, state = placed.binding, placed.remembered
    return {
        "name": binding.name,
        "kind": binding.key.kind,
        "resource": binding.key.name,
        "policy": binding.claim.name if binding.claim else None,
        "clusters": _targets(state.targets),
        "requiredBy": [
            {"name": one.name, "clusters": _targets(one.targets)} for one in state.requirers
        ],
        "scheduled": state.scheduled.reason if state.scheduled else None,
    }


def _targets(targets: tuple[Target, ...]) -> list[dict[str, Any]]:
    return [
        {"name": one.name, **({"replicas": one.replicas} if one.replicas else {})}
        for one in sorted(targets, key=lambda target: target.name)
    ]


def _works(outcome: Outcome, cluster: str) -> list[dict[str, Any]]:
    works: Mapping[ObjectKey, Any] = outcome.works.get(cluster, {})
    return sorted(
        (
            {"work": work.name, "manifest": _masked(orjson.loads(work.manifest_bytes()))}
            for key, work in works.items()
            if (key.group, key.kind) != ("", "Namespace")
        ),
        key=lambda one: (one["manifest"]["kind"], one["work"]),
    )


def _masked(value: Any) -> Any:
    """The manifest with ids that Karmada draws at random taken out."""
    if isinstance(value, dict):
        return {key: "<id>" if _is_id(key) else _masked(one) for key, one in value.items()}
    return [_masked(one) for one in value] if isinstance(value, list) else value


def _is_id(key: str) -> bool:
    return key.endswith(".karmada.io/permanent-id") or key == "resourcetemplate.karmada.io/uid"
