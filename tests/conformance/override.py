"""`op: override`: one object for one cluster."""

from __future__ import annotations

from typing import Any

from reconciler.model.diagnostic import Position
from reconciler.overriders import OverrideFailed, apply
from reconciler.parse.decode.cluster import decode_cluster
from reconciler.parse.decode.override import decode_override_policy
from reconciler.render.overrides import OverrideIndex, Rules
from tests.conformance.runner import Refused


def override(given: dict[str, Any]) -> dict[str, Any]:
    """The object after all policies, and the names of those that applied."""
    cluster = decode_cluster(given["cluster"], Position())
    policies = [
        decode_override_policy(document, Position())
        for document in (
            *(given.get("clusterOverridePolicies") or ()),
            *(given.get("overridePolicies") or ()),
        )
    ]
    index = OverrideIndex(policies, {cluster.name: cluster})
    try:
        body, of_cluster = overridden(
            given["object"], index.cluster_rules(given["object"]), cluster.name
        )
        body, of_namespace = overridden(body, index.namespaced_rules(body), cluster.name)
    except OverrideFailed as failure:
        raise Refused(str(failure)) from failure
    return {
        "object": body,
        "appliedClusterOverrides": of_cluster,
        "appliedOverrides": of_namespace,
    }


def overridden(body: dict[str, Any], rules: Rules, cluster: str) -> tuple[Any, list[str]]:
    """The body after the rules that cover the cluster, and their policies' names."""
    names = []
    for rule in rules:
        if rule.covers(cluster):
            body, _ = apply(body, rule.content.uses)
            names.append(rule.policy.ref.name)
    return body, names
