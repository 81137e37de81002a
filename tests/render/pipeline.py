"""Shared vectors of whole fleets, read as renderings: decisions are given, manifests are asked."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.interpret.chain import Interpreter
from reconciler.model.binding import Binding, ReplicaRequirements, ResourceRef, Target
from reconciler.model.cluster import Cluster
from reconciler.model.diagnostic import Position
from reconciler.model.fleet import Template
from reconciler.model.identity import ObjectKey, split_api_version
from reconciler.model.manifest import Manifest
from reconciler.model.policy import PropagationPolicy
from reconciler.parse.decode.cluster import decode_cluster
from reconciler.parse.decode.override import decode_override_policy
from reconciler.parse.decode.propagation import decode_propagation_policy
from reconciler.render import OverrideIndex, Rendered, render

VECTORS = Path(__file__).parent.parent / "vectors" / "karmada" / "pipeline.jsonl.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One rendering: what the reference decided, and the manifests it made, by cluster."""

    line: int
    rendered: Rendered
    expected: dict[str, Any]


def template_of(body: dict[str, Any]) -> Template:
    group, _ = split_api_version(body["apiVersion"])
    metadata = body["metadata"]
    key = ObjectKey(group, body["kind"], metadata.get("namespace", ""), metadata["name"])
    return Template(key=key, manifest=Manifest(body), digest="", spec_digest="")


def cases() -> Iterator[Case]:
    """Every binding of every vector."""
    for line, text in enumerate(gzip.decompress(VECTORS.read_bytes()).splitlines(), start=1):
        vector = json.loads(text)
        for expected in vector["out"]["bindings"]:
            yield case(line, vector, expected)


def case(line: int, vector: dict[str, Any], expected: dict[str, Any]) -> Case:
    given = vector["in"]
    body = next(
        one
        for one in given["templates"]
        if (one["kind"], one["metadata"]["name"]) == (expected["kind"], expected["resource"])
    )
    clusters = [decode_cluster(one, Position()) for one in given["clusters"]]
    by_name: dict[str, Cluster] = {one.name: one for one in clusters}
    policies = [
        decode_override_policy(one, Position())
        for one in given["policies"]
        if one["kind"].endswith("OverridePolicy")
    ]
    rendered = render(
        template_of(body),
        binding_of(body, vector, expected),
        targets_of(expected),
        overrides=OverrideIndex(policies, by_name),
        reviser=Interpreter(),
        generation=body["metadata"].get("generation", 0),
    )
    manifests = {
        cluster: work["manifest"]
        for cluster, works in vector["out"]["works"].items()
        for work in works
        if (work["manifest"]["kind"], work["manifest"]["metadata"]["name"])
        == (expected["kind"], expected["resource"])
    }
    return Case(line=line, rendered=rendered, expected=manifests)


def binding_of(body: dict[str, Any], vector: dict[str, Any], expected: dict[str, Any]) -> Binding:
    claim = claiming_policy(vector["in"], expected["policy"])
    policies = [claim] if claim else list(requiring_policies(vector, expected))
    is_overwrite = any(one.conflict_resolution == "Overwrite" for one in policies)
    answer = Interpreter().get_replicas(body)
    template = template_of(body)
    return Binding(
        key=template.key,
        resource=ResourceRef(
            api_version=body["apiVersion"],
            kind=body["kind"],
            namespace=template.key.namespace,
            name=template.key.name,
            uid=body["metadata"]["uid"],
        ),
        claim=claim.ref if claim else None,
        placement=claim.placement if claim else None,
        replicas=answer.replicas if answer else 0,
        requirements=(
            ReplicaRequirements(document=answer.requirements)
            if answer and answer.requirements
            else None
        ),
        conflict_resolution="Overwrite" if is_overwrite else "Abort",
    )


def claiming_policy(given: dict[str, Any], name: str | None) -> PropagationPolicy | None:
    for document in given["policies"]:
        if document["kind"].endswith("PropagationPolicy") and document["metadata"]["name"] == name:
            return decode_propagation_policy(document, Position())
    return None


def requiring_policies(
    vector: dict[str, Any], expected: dict[str, Any]
) -> Iterator[PropagationPolicy]:
    """The policies of the bindings that need this one; an attached object has only them."""
    requirers = {requirer["name"] for requirer in expected["requiredBy"]}
    for one in vector["out"]["bindings"]:
        policy = claiming_policy(vector["in"], one["policy"])
        if one["name"] in requirers and policy is not None:
            yield policy


def targets_of(expected: dict[str, Any]) -> list[Target]:
    """The clusters of the binding and of those that require it; the first mention counts."""
    mentioned = [*expected["clusters"]]
    for requirer in expected["requiredBy"]:
        mentioned += requirer["clusters"]
    targets: dict[str, Target] = {}
    for one in mentioned:
        targets.setdefault(one["name"], Target(name=one["name"], replicas=one.get("replicas", 0)))
    return list(targets.values())


def without_ids(manifest: dict[str, Any]) -> dict[str, Any]:
    """Ids that the reference draws at random, as the vectors write them."""
    metadata = manifest["metadata"]
    for field, suffix in (
        ("labels", "/permanent-id"),
        ("annotations", "resourcetemplate.karmada.io/uid"),
    ):
        metadata[field] = {
            key: "<id>" if key.endswith(suffix) else value for key, value in metadata[field].items()
        }
    return manifest
