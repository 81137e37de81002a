"""Template and targets to Works: one body for all clusters that get the same.

Order for each cluster (karmada-semantics §2.11): revise replicas, Job completions, cluster
overrides, namespaced overrides, preserved labels, prune, marks of origin.

Strategy: each step is done once for each equivalence class of clusters. A first pass groups by
(replicas, completions, cluster rules), a second one splits those groups by the namespaced rules,
which look at what the first pass made. What a class failed with is its clusters' diagnostic; their
last Works stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from reconciler.interpret.errors import InterpretError
from reconciler.model.binding import Binding, EvictionTask, Target
from reconciler.model.diagnostic import Diagnostic, Effect
from reconciler.model.fleet import Template
from reconciler.model.identity import work_name
from reconciler.model.manifest import Manifest
from reconciler.model.text import listed
from reconciler.model.work import AppliedOverride, Body
from reconciler.model.works import Applied, ObjectWorks, WorkClass, WorkOrigin
from reconciler.overriders import OverrideFailed, apply
from reconciler.render.bytes import cut_body
from reconciler.render.completions import completions_by_cluster
from reconciler.render.overrides import Coverage, OverrideIndex, Rule, Rules
from reconciler.render.preserved import preserved_labels
from reconciler.render.prune import pruned
from reconciler.render.stamp import Origin, claimed, conflict_resolution, stamped
from reconciler.render.surgery import merged, replaced

OVERRIDE_FAILED = "RC301"
REVISION_FAILED = "RC302"
_SEEN_METADATA: Final = ("name", "namespace", "labels")


class ReplicaReviser(Protocol):
    """The part of the interpreter that rendering needs."""

    def revise_replica(self, body: dict[str, Any], replicas: int) -> dict[str, Any] | None:
        """The body for that many replicas, None where the kind has none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """Works by cluster, what was overridden there, and why clusters got none.

    `failed` maps a cluster to a full clause: its last Work stays in force. `applied` names only
    clusters where a rule applied; its tuples are shared, as bodies are. `looked_at` are the faces
    that override policies looked at to see whether they select the object.
    """

    works: ObjectWorks = field(default_factory=lambda: ObjectWorks({}))
    failed: Mapping[str, str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    looked_at: tuple[Manifest, ...] = ()

    @property
    def applied(self) -> Applied:
        """What was overridden, by cluster."""
        return self.works.applied


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """What a class of clusters failed with."""

    code: str
    reason: str
    rule: Rule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A body after cluster rules, and the namespaced rules that may follow."""

    body: dict[str, Any]
    applied: tuple[AppliedOverride, ...]
    namespaced: Coverage


def render(
    template: Template,
    binding: Binding,
    targets: Sequence[Target],
    *,
    overrides: OverrideIndex,
    reviser: ReplicaReviser,
    generation: int,
    eviction_tasks: Sequence[EvictionTask] = (),
) -> Rendered:
    """The Works of one binding.

    `targets` include what dependents require; each name occurs once and is a cluster of the index.
    `generation` 0 is for kinds that count none. Raises `Unanswered` where an interpreter webhook
    has to be asked first.
    """
    origin = _origin(template, generation=generation)
    rendering = _Rendering(
        template, origin, binding, overrides=overrides, reviser=reviser, targets=targets
    )
    return rendering.run(preserved_labels(eviction_tasks, targets))


def render_unbound(
    template: Template,
    binding: Binding,
    targets: Sequence[Target],
    *,
    overrides: OverrideIndex,
    reviser: ReplicaReviser,
) -> Rendered:
    """The Works of what is propagated without a binding: the one given is only a form to fill."""
    origin = _origin(template, has_binding=False)
    rendering = _Rendering(
        template, origin, binding, overrides=overrides, reviser=reviser, targets=targets
    )
    return rendering.run({})


def _origin(template: Template, *, generation: int = 0, has_binding: bool = True) -> Origin:
    key = template.key
    return Origin(
        key=key,
        work_name=work_name(key.kind, key.name, key.namespace),
        generation=generation,
        has_binding=has_binding,
    )


def _work_origin(origin: Origin, binding: Binding) -> WorkOrigin:
    return WorkOrigin(
        key=origin.key,
        name=origin.work_name,
        binding=binding.name if origin.has_binding else "",
        suspension=binding.suspension,
        preserve_on_deletion=bool(binding.preserve_on_deletion),
    )


class _Rendering:
    """One binding on its way to Works."""

    def __init__(
        self,
        template: Template,
        origin: Origin,
        binding: Binding,
        *,
        targets: Sequence[Target],
        overrides: OverrideIndex,
        reviser: ReplicaReviser,
    ) -> None:
        self._template, self._origin = template, origin
        self._binding, self._targets = binding, targets
        self._overrides, self._reviser = overrides, reviser
        self._work_origin = _work_origin(origin, binding)
        self._replicas_count = binding.is_workload
        self._base = claimed(template.manifest.body, binding.claim)
        self._completions = completions_by_cluster(self._base, binding, targets)
        self._cluster_rules = overrides.coverage(overrides.cluster_rules(self._base))
        self._drafts: dict[Any, _Draft | _Failure] = {}
        self._classes: dict[Any, WorkClass | _Failure] = {}
        # Different rules may come to the same bytes; those are shared too.
        self._bodies: dict[str, Body] = {}

    def run(self, preserved: Mapping[str, Mapping[str, str]]) -> Rendered:
        classes: dict[str, WorkClass] = {}
        failures: dict[str, _Failure] = {}
        for target in self._targets:
            finished = self._class_of(target, preserved.get(target.name, {}))
            if isinstance(finished, _Failure):
                failures[target.name] = finished
            else:
                classes[target.name] = finished
        return Rendered(
            works=ObjectWorks(classes),
            failed={cluster: failure.reason for cluster, failure in failures.items()},
            diagnostics=tuple(self._diagnostics(failures)),
            looked_at=tuple(self._faces()),
        )

    def _faces(self) -> Iterator[Manifest]:
        """What selectors see of the object, before and after the cluster rules."""
        first = face_of(self._base)
        yield first
        for draft in self._drafts.values():
            if isinstance(draft, _Draft):
                face = face_of(draft.body)
                if face.body != first.body:
                    yield face

    def _class_of(self, target: Target, preserved: Mapping[str, str]) -> WorkClass | _Failure:
        """What the target's class of clusters gets; made when its first cluster comes."""
        replicas = target.replicas if self._replicas_count else None
        completions = self._completions.get(target.name)
        cluster_rules = self._cluster_rules.on(target.name)
        draft_key = (replicas, completions, cluster_rules)
        if draft_key not in self._drafts:
            self._drafts[draft_key] = self._draft(replicas, completions, cluster_rules)
        draft = self._drafts[draft_key]
        if isinstance(draft, _Failure):
            return draft
        rules = draft.namespaced.on(target.name)
        key = (draft_key, rules, tuple(preserved.items()))
        if key not in self._classes:
            self._classes[key] = self._finished(draft, rules, preserved)
        return self._classes[key]

    def _draft(
        self, replicas: int | None, completions: int | None, rules: Rules
    ) -> _Draft | _Failure:
        try:
            body = self._revised(replicas)
        except InterpretError as problem:
            return _Failure(code=REVISION_FAILED, reason=f"replicas cannot be revised: {problem}")
        if completions is not None:
            body = replaced(body, completions, "spec", "completions")
        overridden = _overridden(body, rules)
        if isinstance(overridden, _Failure):
            return overridden
        body, applied = overridden
        namespaced = self._overrides.coverage(self._overrides.namespaced_rules(body))
        return _Draft(body=body, applied=applied, namespaced=namespaced)

    def _revised(self, replicas: int | None) -> dict[str, Any]:
        if replicas is None:
            return self._base
        return self._reviser.revise_replica(self._base, replicas) or self._base

    def _finished(
        self, draft: _Draft, rules: Rules, preserved: Mapping[str, str]
    ) -> WorkClass | _Failure:
        overridden = _overridden(draft.body, rules)
        if isinstance(overridden, _Failure):
            return overridden
        body, applied = overridden
        resolution = conflict_resolution(body, self._binding.conflict_resolution)
        if preserved:
            body = merged(body, preserved, "metadata", "labels")
        body = pruned(body)
        cut = cut_body(
            lambda namespace, work: stamped(body, self._origin, resolution, namespace, work)
        )
        return WorkClass(
            origin=self._work_origin,
            body=self._bodies.setdefault(cut.digest, cut),
            api_version=str(body.get("apiVersion")),
            conflict_resolution=resolution,
            applied=draft.applied + applied,
        )

    def _diagnostics(self, failures: Mapping[str, _Failure]) -> list[Diagnostic]:
        """One for each cause, naming its clusters."""
        clusters: dict[_Failure, list[str]] = {}
        for cluster, failure in failures.items():
            clusters.setdefault(failure, []).append(cluster)
        return [self._diagnostic(failure, names) for failure, names in clusters.items()]

    def _diagnostic(self, failure: _Failure, clusters: list[str]) -> Diagnostic:
        rule = failure.rule
        cause = f"{rule.policy.ref} rule {rule.number + 1}: " if rule else ""
        return Diagnostic(
            code=failure.code,
            message=f"{cause}{failure.reason}; {self._template.key} on {listed(sorted(clusters))}",
            effect=Effect.NONE,
            position=rule.content.position if rule else self._template.position,
            hint="the last rendered object stays on these clusters",
            subject=str(self._template.key),
        )


def face_of(body: dict[str, Any]) -> Manifest:
    """The part of an object that selectors ask for."""
    metadata = body.get("metadata") or {}
    seen = {name: metadata[name] for name in _SEEN_METADATA if name in metadata}
    return Manifest(
        {"apiVersion": body.get("apiVersion"), "kind": body.get("kind"), "metadata": seen}
    )


def _overridden(
    body: dict[str, Any], rules: Rules
) -> tuple[dict[str, Any], tuple[AppliedOverride, ...]] | _Failure:
    """The body after the rules, and what each of them did."""
    applied = []
    for rule in rules:
        try:
            body, patch = apply(body, rule.content.uses)
        except OverrideFailed as failure:
            return _Failure(code=OVERRIDE_FAILED, reason=str(failure), rule=rule)
        applied.append(
            AppliedOverride(
                policy=rule.policy.ref,
                rule=rule.number,
                patch=patch,
                overriders=rule.content.document,
            )
        )
    return body, tuple(applied)
