"""What travels with a template because it needs it: dependency edges and their merging
(karmada-semantics §2.4).

Edges come from matching; they are merged into `requiredBy` once the bindings that require them are
scheduled, since a dependency goes where they go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.interpret.chain import Interpreter
from reconciler.model.binding import Binding, Requirer, ResourceRef, Target
from reconciler.model.fleet import Template
from reconciler.model.identity import ObjectKey, split_api_version, stable_id
from reconciler.model.selector import LabelSelector

#: What an interpreter says an object refers to, in wire form.
References = tuple[Mapping[str, Any], ...]


class TemplateIndex:
    """Templates by identity, and by group, kind and namespace for those found by label."""

    __slots__ = ("_by_kind", "templates")

    def __init__(self, templates: Mapping[ObjectKey, Template]) -> None:
        """File every template."""
        self.templates = templates
        self._by_kind: dict[tuple[str, str, str], list[Template]] = {}
        for key, template in templates.items():
            self._by_kind.setdefault((key.group, key.kind, key.namespace), []).append(template)

    def of_kind(self, group: str, kind: str, namespace: str) -> Iterable[Template]:
        """The templates of a kind in a namespace."""
        return self._by_kind.get((group, kind, namespace), ())


def has_dependencies(binding: Binding) -> bool:
    """Only namespaced bindings whose policy propagates dependencies may have any."""
    return binding.propagate_deps and bool(binding.resource.namespace)


def dependencies(
    binding: Binding, template: Template, interpreter: Interpreter, templates: TemplateIndex
) -> tuple[ObjectKey, ...]:
    """Identities of the templates that this one needs. Raises as the interpreter does."""
    if not has_dependencies(binding):
        return ()
    references = interpreter.get_dependencies(template.manifest.body) or ()
    return needed(template, references, templates)


def needed(
    template: Template, references: Iterable[Mapping[str, Any]], templates: TemplateIndex
) -> tuple[ObjectKey, ...]:
    """Identities of the templates that references name or select, sorted; those that do not exist
    are left out, they are picked up when they come.
    """
    found = {key for one in references for key in _referred(one, templates)}
    return tuple(sorted(found - {template.key}))


def place_of(reference: Mapping[str, Any]) -> tuple[str, str, str]:
    """Group, kind and namespace that a reference looks in."""
    group, _ = split_api_version(reference.get("apiVersion") or "")
    return group, reference.get("kind") or "", reference.get("namespace") or ""


def requirer_of(binding: Binding, targets: tuple[Target, ...]) -> Requirer:
    """What stands in `requiredBy` for a binding that goes to those targets."""
    return Requirer(namespace=binding.key.namespace, name=binding.name, targets=targets)


def requirers_of(
    edges: Mapping[ObjectKey, tuple[ObjectKey, ...]],
    bindings: Mapping[ObjectKey, Binding],
    targets: Mapping[ObjectKey, tuple[Target, ...]],
    make: Callable[[Binding, tuple[Target, ...]], Requirer] = requirer_of,
) -> dict[ObjectKey, tuple[Requirer, ...]]:
    """`requiredBy` of every dependency, by namespace and name.

    `edges` maps a template to what it needs, `targets` to where its own policy sends it. A binding
    that goes nowhere requires nothing. `make` makes one requirer.
    """
    found: dict[ObjectKey, list[Requirer]] = {}
    for key, needs in edges.items():
        if not targets.get(key):
            continue
        requirer = make(bindings[key], targets[key])
        for need in needs:
            found.setdefault(need, []).append(requirer)
    return {
        key: tuple(sorted(requirers, key=lambda one: (one.namespace, one.name)))
        for key, requirers in found.items()
    }


@dataclass(frozen=True, slots=True)
class Wishes:
    """What all requirers of a dependency ask for together: any Overwrite and any
    preserveResourcesOnDeletion wins.
    """

    overwrites: bool
    preserves: bool | None

    @classmethod
    def of(cls, requirers: Iterable[Binding]) -> Wishes:
        """Those of these bindings."""
        everyone = tuple(requirers)
        preserved = [one.preserve_on_deletion for one in everyone]
        return cls(
            overwrites=any(one.conflict_resolution == "Overwrite" for one in everyone),
            preserves=True if True in preserved else next(iter(preserved), None),
        )


def attached(template: Template, wishes: Wishes) -> Binding:
    """The binding of a dependency that no policy claims: where it goes only its requirers say."""
    key = template.key
    return Binding(
        key=key,
        resource=ResourceRef(
            api_version=template.manifest.api_version,
            kind=key.kind,
            namespace=key.namespace,
            name=key.name,
            uid=str(template.manifest.metadata.get("uid") or stable_id("template", key.path)),
        ),
        claim=None,
        placement=None,
        conflict_resolution="Overwrite" if wishes.overwrites else "Abort",
        preserve_on_deletion=wishes.preserves,
        template_digest=template.digest,
    )


def merged_targets(
    targets: tuple[Target, ...], requirers: tuple[Requirer, ...]
) -> tuple[Target, ...]:
    """Where Works go: a binding's own targets and those of its requirers, sorted by name; replicas
    are those of the first that names the cluster.
    """
    found: dict[str, Target] = {one.name: one for one in targets}
    for requirer in requirers:
        for one in requirer.targets:
            found.setdefault(one.name, one)
    return tuple(found[name] for name in sorted(found))


def _referred(reference: Mapping[str, Any], templates: TemplateIndex) -> Iterator[ObjectKey]:
    group, kind, namespace = place_of(reference)
    name, selector = reference.get("name") or "", reference.get("labelSelector")
    if name:
        key = ObjectKey(group, kind, namespace, name)
        if key in templates.templates:
            yield key
    elif selector is not None:
        wanted = LabelSelector.decode(selector)
        for template in templates.of_kind(group, kind, namespace):
            if wanted.matches(template.manifest.labels):
                yield template.key
