"""Which override rules apply to an object on a cluster, and in which order.

Rules (karmada-semantics §2.12): cluster policies first, then policies of the object's namespace;
within each, less specific policies before more specific ones (their implicit priority, where no
selectors count as match-all), then by name; rules as listed. Later writes win. The namespaced
policies see the object as the cluster policies left it.

Strategy: clusters do not change within a cycle, so what a rule targets is computed once, as a set
of names; policies are found by the kinds they select.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import orjson

from reconciler.model.cluster import Cluster
from reconciler.model.manifest import Manifest
from reconciler.model.policy import OverridePolicy, OverrideRule, PolicyKind, PolicyRef
from reconciler.model.selector import ImplicitPriority


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule of a policy, `number` counted from 0, and the clusters it targets (None: all).

    Rules are made once per index and compared by identity.
    """

    policy: OverridePolicy
    number: int
    content: OverrideRule
    targets: frozenset[str] | None

    def covers(self, cluster: str) -> bool:
        """Whether the rule speaks of that cluster."""
        return self.targets is None or cluster in self.targets


#: Rules in the order of application.
Rules = tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Rules by cluster, for clusters that one of them names; `elsewhere` for all others."""

    named: Mapping[str, Rules]
    elsewhere: Rules

    def on(self, cluster: str) -> Rules:
        """The rules that cover the cluster."""
        return self.named.get(cluster, self.elsewhere)


_NO_COVERAGE: Final = Coverage({}, ())

#: Combinations of rules whose clusters are remembered.
_MAX_REMEMBERED: Final = 1024


class OverrideIndex:
    """Override policies, ready to be asked about any object and cluster of one cycle.

    `rules` are those of every policy. Of an earlier index they are taken over where the policy is
    the same object and targets the same clusters.
    """

    def __init__(
        self,
        policies: Iterable[OverridePolicy],
        clusters: Mapping[str, Cluster],
        before: OverrideIndex | None = None,
    ) -> None:
        self._clusters = clusters
        self._cluster_wide = _Shelf()
        self._by_namespace: dict[str, _Shelf] = {}
        self._covering: dict[Rules, Coverage] = {}
        self._digests: dict[Rules, str] = {}
        self.rules: dict[PolicyRef, tuple[OverridePolicy, Rules]] = {}
        self._before = before.rules if before is not None else {}
        self._has_same_clusters = before is not None and before.knows_exactly(clusters)
        for policy in policies:
            rules = self._taken_over(policy) or self._rules(policy)
            self.rules[policy.ref] = (policy, rules)
            self._shelf_of(policy).add(policy, rules)
        self._before = {}

    def cluster_rules(self, body: dict[str, Any]) -> Rules:
        """Rules of cluster policies that may apply to the object, on one cluster or another."""
        return self._cluster_wide.rules(Manifest(body))

    def namespaced_rules(self, body: dict[str, Any]) -> Rules:
        """Rules of the policies of the object's namespace; none for cluster-scoped objects."""
        manifest = Manifest(body)
        shelf = self._by_namespace.get(manifest.namespace) if manifest.namespace else None
        return shelf.rules(manifest) if shelf else ()

    def coverage(self, rules: Rules) -> Coverage:
        """Which of the rules cover which cluster, in their order."""
        if not rules:
            return _NO_COVERAGE
        known = self._covering.get(rules)
        if known is None:
            if len(self._covering) >= _MAX_REMEMBERED:
                self._covering.clear()
            known = self._covering[rules] = Coverage(self._covered(rules), _everywhere(rules))
        return known

    def digest(self, rules: Rules) -> str:
        """What the rules say and on which clusters, as text."""
        known = self._digests.get(rules)
        if known is None:
            content = [_content(rule) for rule in rules]
            known = self._digests[rules] = sha256(orjson.dumps(content)).hexdigest()
        return known

    def _covered(self, rules: Rules) -> dict[str, Rules]:
        """The rules by cluster, for the clusters that one of them names."""
        named: set[str] = set().union(*(rule.targets or () for rule in rules))
        shared: dict[Rules, Rules] = {}
        covered = ((name, tuple(rule for rule in rules if rule.covers(name))) for name in named)
        return {name: shared.setdefault(some, some) for name, some in covered}

    def _shelf_of(self, policy: OverridePolicy) -> _Shelf:
        if policy.ref.kind is PolicyKind.CLUSTER_OVERRIDE:
            return self._cluster_wide
        return self._by_namespace.setdefault(policy.ref.namespace, _Shelf())

    def knows_exactly(self, clusters: Mapping[str, Cluster]) -> bool:
        """Whether the index was made for these very clusters."""
        return len(clusters) == len(self._clusters) and all(
            self._clusters.get(name) is cluster for name, cluster in clusters.items()
        )

    def _taken_over(self, policy: OverridePolicy) -> Rules:
        """The earlier rules, none when they may be others now."""
        known, rules = self._before.get(policy.ref, (None, ()))
        if known is not policy:
            return ()
        is_same = self._has_same_clusters or all(
            self._targets(one.content) == one.targets for one in rules
        )
        return rules if is_same else ()

    def _rules(self, policy: OverridePolicy) -> Rules:
        return tuple(
            Rule(policy, number, content, self._targets(content))
            for number, content in enumerate(policy.rules)
        )

    def _targets(self, rule: OverrideRule) -> frozenset[str] | None:
        if rule.target is None:
            return None
        names = rule.target.cluster_names or self._clusters
        named = (self._clusters[name] for name in names if name in self._clusters)
        return rule.target.matching(named)


def _content(rule: Rule) -> list[Any]:
    """Everything that a rule does anywhere: the digest of its policy covers all that it says."""
    policy, targets = rule.policy, rule.targets
    names = None if targets is None else sorted(targets)
    return [*_reference(policy.ref), policy.digest, rule.number, names]


def _reference(ref: PolicyRef) -> tuple[str, str, str]:
    return str(ref.kind), ref.namespace, ref.name


def _everywhere(rules: Rules) -> Rules:
    """What remains on a cluster that no rule names."""
    return tuple(rule for rule in rules if rule.targets is None)


class _Shelf:
    """Policies of one scope by the API version and kind they select."""

    def __init__(self) -> None:
        self._of_kind: dict[tuple[str, str], list[tuple[OverridePolicy, Rules]]] = {}
        self._of_every_kind: list[tuple[OverridePolicy, Rules]] = []

    def add(self, policy: OverridePolicy, rules: Rules) -> None:
        if not policy.selectors:
            self._of_every_kind.append((policy, rules))
        for kind in {(one.api_version, one.kind) for one in policy.selectors}:
            self._of_kind.setdefault(kind, []).append((policy, rules))

    def rules(self, manifest: Manifest) -> Rules:
        """Rules of the policies that select the object, in the order of application."""
        candidates = self._of_kind.get((manifest.api_version, manifest.kind), ())
        matching = [
            (priority, policy.ref.name, rules)
            for policy, rules in (*candidates, *self._of_every_kind)
            if (priority := specificity(policy, manifest))
        ]
        matching.sort(key=lambda one: one[:2])
        return tuple(rule for _, _, rules in matching for rule in rules)


def specificity(policy: OverridePolicy, manifest: Manifest) -> ImplicitPriority:
    """How specifically a policy selects an object; no selectors select everything."""
    if not policy.selectors:
        return ImplicitPriority.ALL
    return max(
        one.priority(
            manifest.api_version,
            manifest.kind,
            manifest.namespace,
            manifest.name,
            manifest.labels,
        )
        for one in policy.selectors
    )
