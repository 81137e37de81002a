"""Renderings that are known to succeed without being made.

What most of a plan needs of a rendering is that it succeeds, on which clusters, and whether
overrides applied. That follows from inputs whose digest a memory on disk may have met before; the
bytes are made from the inputs at hand when somebody asks for them, so that they cannot be stale.

Rules: what failed anywhere, or said anything, is made anew each time; so is what an interpreter
webhook may have a say in, and what hands over state to another cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from reconciler.model.binding import Binding, Target
from reconciler.model.fleet import Fleet, Template
from reconciler.model.manifest import Manifest
from reconciler.model.policy import ReplicaSchedulingType
from reconciler.model.works import ObjectWorks
from reconciler.render.overrides import OverrideIndex
from reconciler.render.render import Rendered, face_of
from reconciler.render.stamp import claimed

#: Whether overrides applied; then every further face that override policies looked at, with the
#: digest of the rules that were found for it.
Known = list[Any]


@dataclass(slots=True)
class KnownRenderings:
    """Successful renderings by fingerprint: those of earlier runs, and all that this one met."""

    earlier: Mapping[str, Known] = field(default_factory=dict)
    used: dict[str, Known] = field(default_factory=dict)
    is_on: bool = False


class Foreseeing:
    """One cycle's look at what is known: the override rules and what interprets kinds."""

    def __init__(self, known: KnownRenderings, fleet: Fleet, overrides: OverrideIndex) -> None:
        self._known, self._overrides = known, overrides
        self._is_on = known.is_on and not fleet.webhooks
        self._interpreting = ""
        if self._is_on and fleet.customizations:
            self._interpreting = _digest([one.body for one in fleet.customizations])
        self._targets: dict[int, tuple[Sequence[Target], str]] = {}

    def fingerprint(self, template: Template, binding: Binding, targets: Sequence[Target]) -> str:
        """Stands for everything that decides whether the rendering succeeds, and what override
        policies see; `` where nothing is remembered.
        """
        if not self._is_on or "status" in template.manifest.body:
            return ""
        base = claimed(template.manifest.body, binding.claim)
        return _digest(
            [
                template.digest,
                template.key.path,
                str(binding.claim),
                binding.replicas,
                binding.is_workload,
                _is_divided(binding),
                binding.resource.uid,
                self._targets_digest(targets),
                self._overrides.digest(self._overrides.cluster_rules(base)),
                self._overrides.digest(self._overrides.namespaced_rules(base)),
                self._interpreting,
            ]
        )

    def rendered(
        self,
        fingerprint: str,
        make: Callable[[], Rendered],
        template: Template,
        binding: Binding,
        targets: Sequence[Target],
    ) -> Rendered:
        """The rendering, made now or when its bytes are asked for."""
        known = self._known.used.get(fingerprint) or self._known.earlier.get(fingerprint)
        if fingerprint and known is not None and self._is_still(known):
            self._known.used[fingerprint] = known
            return _foreseen(known, make, template, binding, targets)
        rendered = make()
        if fingerprint and not rendered.failed and not rendered.diagnostics:
            self._known.used[fingerprint] = self._noted(rendered)
        return rendered

    def _is_still(self, known: Known) -> bool:
        """Whether further faces meet the same rules as when they were looked at."""
        return all(self._rules_of(face) == rules for face, rules in known[1:])

    def _noted(self, rendered: Rendered) -> Known:
        faces = [one.body for one in rendered.looked_at[1:]]
        return [rendered.works.is_overridden, *([one, self._rules_of(one)] for one in faces)]

    def _rules_of(self, face: dict[str, Any]) -> str:
        return self._overrides.digest(self._overrides.namespaced_rules(face))

    def _targets_digest(self, targets: Sequence[Target]) -> str:
        """Worked out once for targets that many bindings share."""
        known = self._targets.get(id(targets))
        if known is None:
            content = [(one.name, one.replicas, one.components) for one in targets]
            known = self._targets[id(targets)] = (targets, _digest(content))
        return known[1]


def _foreseen(
    known: Known,
    make: Callable[[], Rendered],
    template: Template,
    binding: Binding,
    targets: Sequence[Target],
) -> Rendered:
    works = ObjectWorks.later(
        frozenset(one.name for one in targets),
        lambda: make().works.classes,
        is_overridden=known[0],
    )
    first = face_of(claimed(template.manifest.body, binding.claim))
    return Rendered(works=works, looked_at=(first, *(Manifest(face) for face, _ in known[1:])))


def _is_divided(binding: Binding) -> bool:
    scheduling = binding.placement.replica_scheduling if binding.placement else None
    return scheduling is not None and scheduling.type is ReplicaSchedulingType.DIVIDED


def _digest(content: Any) -> str:
    return sha256(orjson.dumps(content)).hexdigest()
