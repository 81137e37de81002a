"""Policies by what they select, so that matching a template does not ask every policy.

A selector is filed under API version, kind and the namespace its policy is confined to; those that
name an object also under that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from reconciler.model.fleet import Template
from reconciler.model.policy import OverridePolicy, PolicyKind, PolicyRef, PropagationPolicy
from reconciler.model.selector import ImplicitPriority, ResourceSelector


class Entry(NamedTuple):
    """One selector of one policy."""

    policy: PropagationPolicy
    selector: ResourceSelector


class Match(NamedTuple):
    """A policy that selects a template, and how specifically."""

    policy: PropagationPolicy
    implicit_priority: ImplicitPriority


Place = tuple[str, str, str]
"""API version, kind, namespace of the policy (`` for the cluster form)."""


class PolicyIndex:
    """Propagation policies of a fleet and the override policies they may wait for.

    A frozen policy, of which only the selectors could be read, claims nothing.
    """

    __slots__ = ("_by_name", "_others", "overrides")

    def __init__(
        self,
        policies: Iterable[PropagationPolicy],
        overrides: Iterable[OverridePolicy] = (),
    ) -> None:
        """File every selector."""
        self.overrides = frozenset(one.ref for one in overrides)
        self._by_name: dict[tuple[Place, str], list[Entry]] = {}
        self._others: dict[Place, list[Entry]] = {}
        for policy in policies:
            if not policy.is_frozen:
                self._file(policy)

    def matches(self, template: Template, kind: PolicyKind) -> list[Match]:
        """Policies of one kind that select the template, best first: explicit priority, how
        specifically they select, name (karmada-semantics §2.2).

        A PropagationPolicy speaks of objects in its own namespace only.
        """
        namespace = template.key.namespace
        if kind is PolicyKind.PROPAGATION and not namespace:
            return []
        confined = namespace if kind is PolicyKind.PROPAGATION else ""
        found: dict[PolicyRef, Match] = {}
        manifest = template.manifest
        for policy, selector in self._entries(template, confined):
            priority = selector.priority(
                manifest.api_version, manifest.kind, namespace, template.key.name, manifest.labels
            )
            known = found.get(policy.ref)
            if priority and (known is None or priority > known.implicit_priority):
                found[policy.ref] = Match(policy, priority)
        return sorted(found.values(), key=best_first)

    def _file(self, policy: PropagationPolicy) -> None:
        for selector in policy.selectors:
            place = (selector.api_version, selector.kind, policy.ref.namespace)
            entry = Entry(policy, selector)
            if selector.name:
                self._by_name.setdefault((place, selector.name), []).append(entry)
            else:
                self._others.setdefault(place, []).append(entry)

    def _entries(self, template: Template, confined: str) -> Iterator[Entry]:
        place = (template.manifest.api_version, template.manifest.kind, confined)
        yield from self._by_name.get((place, template.key.name), ())
        yield from self._others.get(place, ())


def best_first(match: Match) -> tuple[int, int, str]:
    """Sort key of policies of one kind: explicit priority, how specifically they select, name."""
    return (-match.policy.priority, -match.implicit_priority, match.policy.ref.name)
