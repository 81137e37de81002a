"""OverridePolicy and ClusterOverridePolicy (karmada-semantics §1.2)."""

from __future__ import annotations

from reconciler.model.diagnostic import Position
from reconciler.model.policy import OverridePolicy, OverrideRule
from reconciler.overriders import decode_overriders
from reconciler.parse.decode.fields import Wire, digest_of, items, labels, sub
from reconciler.parse.decode.propagation import policy_ref
from reconciler.parse.decode.selectors import decode_cluster_affinity, decode_resource_selector


def decode_override_policy(document: Wire, position: Position) -> OverridePolicy:
    """A policy of either scope; the deprecated flat form reads as one rule."""
    metadata, spec = sub(document, "metadata"), sub(document, "spec")
    return OverridePolicy(
        ref=policy_ref(document),
        selectors=tuple(decode_resource_selector(one) for one in items(spec, "resourceSelectors")),
        rules=tuple(_rule(one, position) for one in _rules(spec)),
        annotations=labels(metadata, "annotations"),
        digest=digest_of(spec),
        position=position,
    )


def _rules(spec: Wire) -> list[Wire]:
    """`overrideRules`, or the flat fields. Karmada: overridemanager.go reads the list when it has
    entries and the flat fields otherwise.
    """
    rules = list(items(spec, "overrideRules"))
    if rules or not sub(spec, "overriders"):
        return rules
    return [{"targetCluster": spec.get("targetCluster"), "overriders": spec["overriders"]}]


def _rule(raw: Wire, position: Position) -> OverrideRule:
    target, overriders = raw.get("targetCluster"), sub(raw, "overriders")
    return OverrideRule(
        target=None if target is None else decode_cluster_affinity(target),
        uses=decode_overriders(overriders),
        document=overriders,
        position=position,
    )
