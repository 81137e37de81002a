"""Everything that a policy or a file touches, from one Outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.audit.aims import aimed_at, is_instance
from reconciler.audit.explanation import Impact, Touched
from reconciler.model.cluster import Cluster
from reconciler.model.diagnostic import Position
from reconciler.model.fleet import Template
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.policy import OverridePolicy, PolicyRef, PropagationPolicy
from reconciler.model.world import Outcome

CONFIG = "reconciler.yaml"
Document = Cluster | PropagationPolicy | OverridePolicy | Template


def impact_of_policy(outcome: Outcome, ref: PolicyRef) -> Impact:
    """What one policy claims, wants or overrides; raises KeyError when there is none."""
    for policy in outcome.fleet.propagation_policies:
        if policy.ref == ref:
            return _of_propagation(outcome, policy)
    for override in outcome.fleet.override_policies:
        if override.ref == ref:
            return _of_override(outcome, override)
    raise KeyError(str(ref))


def impact_of_file(outcome: Outcome, path: str) -> tuple[Impact, ...]:
    """What each document of a file touches, in their order; nothing for a file without any."""
    fleet = outcome.fleet
    found = [_of_config(outcome)] if path == CONFIG and fleet.config is not None else []
    documents: tuple[Document, ...] = (
        *fleet.clusters,
        *fleet.propagation_policies,
        *fleet.override_policies,
        *fleet.templates.values(),
    )
    found += [_of_document(outcome, one) for one in documents if one.position.path == path]
    for one in (*fleet.customizations, *fleet.webhooks, *fleet.others):
        place = fleet.places.get(one.key, Position())
        found += [_of_other(outcome, one, place)] if place.path == path else []
    return tuple(sorted(found, key=lambda one: (one.position, one.cause)))


def clusters_of(outcome: Outcome, key: ObjectKey) -> tuple[str, ...]:
    """Where an object goes, sorted."""
    return tuple(sorted(name for name, works in outcome.works.items() if key in works))


def _of_document(outcome: Outcome, document: Document) -> Impact:
    match document:
        case Cluster():
            return _of_cluster(outcome, document)
        case PropagationPolicy():
            return _of_propagation(outcome, document)
        case OverridePolicy():
            return _of_override(outcome, document)
        case Template():
            return _of_template(outcome, document)


def _of_config(outcome: Outcome) -> Impact:
    config = outcome.fleet.config
    assert config is not None, "asked for the settings of a fleet that has none"
    touched = [_touched(outcome, key, "every setting may concern it") for key in _placed(outcome)]
    return Impact(cause="FleetConfig", position=config.position, touched=tuple(touched))


def _placed(outcome: Outcome) -> Iterable[ObjectKey]:
    return sorted({key for works in outcome.works.values() for key in works})


def _of_cluster(outcome: Outcome, cluster: Cluster) -> Impact:
    works = outcome.works.get(cluster.name, {})
    return Impact(
        cause=f"Cluster {cluster.name}",
        position=cluster.position,
        touched=tuple(
            Touched(key=key, how="it is placed there", clusters=(cluster.name,))
            for key in sorted(works)
        ),
    )


def _of_propagation(outcome: Outcome, policy: PropagationPolicy) -> Impact:
    touched = []
    for key, claim in sorted(outcome.claims.items()):
        for contender in claim.contenders:
            if contender.policy == policy.ref:
                how = f"wanted, but {contender.loss}" if contender.loss else "claimed"
                touched.append(_touched(outcome, key, how))
                touched += [] if contender.loss else _brought(outcome, key)
    return Impact(
        cause=str(policy.ref), position=policy.position, touched=tuple(dict.fromkeys(touched))
    )


def _of_override(outcome: Outcome, policy: OverridePolicy) -> Impact:
    touched: list[Touched] = []
    for key, by_cluster in sorted(outcome.overrides.items()):
        clusters: dict[str, list[int]] = {}
        for cluster, applied in by_cluster.items():
            rules = [one.rule + 1 for one in applied if one.policy == policy.ref]
            if rules:
                clusters[cluster] = rules
        touched += _by_rules(key, clusters)
    return Impact(cause=str(policy.ref), position=policy.position, touched=tuple(touched))


def _by_rules(key: ObjectKey, clusters: dict[str, list[int]]) -> Iterator[Touched]:
    """One line for the clusters on which the same rules apply."""
    alike: dict[tuple[int, ...], list[str]] = {}
    for cluster, rules in clusters.items():
        alike.setdefault(tuple(rules), []).append(cluster)
    for numbers, names in sorted(alike.items()):
        noun = "rule" if len(numbers) == 1 else "rules"
        how = f"overridden by {noun} {', '.join(map(str, numbers))}"
        yield Touched(key=key, how=how, clusters=tuple(sorted(names)))


def _of_template(outcome: Outcome, template: Template) -> Impact:
    key, templates = template.key, outcome.fleet.templates.values()
    touched = [_touched(outcome, key, "rendered"), *_brought(outcome, key)]
    touched += [
        _touched(outcome, other.key, "of the kind that it defines")
        for other in templates
        if is_instance(template, other)
    ]
    return Impact(cause=str(key), position=template.position, touched=tuple(touched))


def _of_other(outcome: Outcome, document: Manifest, position: Position) -> Impact:
    found = aimed_at(document, outcome.fleet.templates.values())
    touched = tuple(_touched(outcome, template.key, how) for template, how in found)
    return Impact(cause=str(document.key), position=position, touched=touched)


def _brought(outcome: Outcome, key: ObjectKey) -> list[Touched]:
    """What an object brings along as its dependencies."""
    placed = outcome.placed.get(key)
    if placed is None or not placed.binding.propagate_deps:
        return []
    name = (placed.binding.resource.namespace, placed.binding.name)
    return [
        _touched(outcome, other, "brought along as a dependency")
        for other, one in sorted(outcome.placed.items())
        if name in {(each.namespace, each.name) for each in one.remembered.requirers}
    ]


def _touched(outcome: Outcome, key: ObjectKey, how: str) -> Touched:
    return Touched(key=key, how=how, clusters=clusters_of(outcome, key))
