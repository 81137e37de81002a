"""The files of one revision -> Fleet: everything it says, and everything that is wrong with it.

Strategy: entries become documents, documents are sorted by API group, each is built on its own and
may be remembered, and only what concerns several of them - scopes, repeated identities - looks at
all.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from functools import partial
from typing import TypeVar

from reconciler.model.cluster import Cluster, ClusterFacts
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Effect, in_order
from reconciler.model.fleet import Fleet, Frozen, Template
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.policy import OverridePolicy, PropagationPolicy
from reconciler.model.source import SourceFile
from reconciler.parse.broken import Before, held_where_unknown, read_broken
from reconciler.parse.built import Built
from reconciler.parse.config import read_config
from reconciler.parse.entries import by_path, read_entries
from reconciler.parse.governing import build_governing
from reconciler.parse.groups import Sort, sort_of, unknown_kind
from reconciler.parse.memory import BuiltGroup, Group, ParseMemory, Recollection
from reconciler.parse.metadata import identity_problems, resolve_scope
from reconciler.parse.problems import Document, diagnostic
from reconciler.parse.scope import GroupKind, Scope, scopes
from reconciler.parse.selection import CONFIG_PATH, selection
from reconciler.parse.templates import build_template
from reconciler.parse.twins import without_rivals, without_twins

_T = TypeVar("_T")


def parse_fleet(
    files: Mapping[str, SourceFile],
    *,
    revision: str = "",
    inventory: Mapping[str, ClusterFacts] | None = None,
    previous: Fleet | None = None,
    previous_paths: Collection[str] = frozenset(),
    memory: ParseMemory | None = None,
) -> Fleet:
    """The fleet of a revision; never raises for what the files hold.

    `previous` and `previous_paths` are the last applied fleet and the paths of its tree: they tell
    a new document from one that was there before. A file that `memory` knows may come without data.
    """
    facts = inventory or {}
    config, problems = read_config(files.get(CONFIG_PATH))
    settings = config or FleetConfig()
    recollection = Recollection(memory or ParseMemory())
    is_selected = selection(settings)
    selected = [one for one in by_path(files) if is_selected(one.path)]
    entries = read_entries(selected, previous_paths, recollection)
    reader = _Reader.of(settings, _scopes(entries.groups, facts, settings), recollection)
    before = Before(frozenset(previous_paths), previous)
    built = without_rivals(without_twins(list(reader.read(entries.groups, before))))
    recollection.keep()
    fleet = _assembled(
        built,
        Fleet(
            revision=revision,
            config=config,
            frozen=entries.frozen,
            diagnostics=(*problems, *entries.diagnostics),
        ),
        facts,
    )
    oids = {path: one.oid for path, one in files.items()} if fleet.frozen else {}
    frozen = (dataclasses.replace(one, oid=oids.get(one.position.path, "")) for one in fleet.frozen)
    return dataclasses.replace(fleet, frozen=tuple(frozen))


def _scopes(
    groups: Iterable[Group], facts: Mapping[str, ClusterFacts], config: FleetConfig
) -> dict[GroupKind, Scope]:
    definitions = (body for group in groups if group.definitions for body in group.definitions)
    return scopes(definitions, facts, config)


@dataclasses.dataclass(frozen=True, slots=True)
class _Reader:
    """Reads documents file by file under the settings of a fleet; `context` stands for these."""

    config: FleetConfig
    scopes: Mapping[GroupKind, Scope]
    recollection: Recollection
    context: object

    @classmethod
    def of(
        cls, config: FleetConfig, known: Mapping[GroupKind, Scope], recollection: Recollection
    ) -> _Reader:
        """A reader for settings; equal ones have the same context."""
        content = (config.default_namespace, config.feature_gates, known)
        return cls(config, known, recollection, recollection.memory.context(content))

    def read(self, groups: Iterable[Group], before: Before) -> Iterator[Built]:
        """What became of each document, in order."""
        recollection, context = self.recollection, self.context
        for group in groups:
            known = recollection.built(group, context, partial(self._group, group))
            if known.is_final:
                yield from known.built
            else:
                yield from _held(known, before)

    def _group(self, group: Group, earlier: BuiltGroup | None) -> BuiltGroup:
        """The documents of a file, each as it was built before where it depends on the same."""
        known: dict[int, tuple[Hashable, Built]] = {}
        remembering = _Remembering(earlier.known if earlier else {}, known)
        built = tuple(
            self._built(number, document, remembering)
            for number, document in enumerate(group.documents)
        )
        is_final = all(one.value is not None for one in built)
        return BuiltGroup(group, self.context, built, known, is_final)

    def _built(self, number: int, document: Document, remembering: _Remembering) -> Built:
        fault = document.parsed.fault
        namespace = self.config.default_namespace
        if fault is not None:
            return read_broken(document, fault, self.scopes, namespace)
        problems = identity_problems(document)
        if problems:
            return Built(document.position, None, tuple(problems))
        body = document.parsed.body or {}
        sort = sort_of(body)
        if sort is Sort.UNKNOWN:
            return _unknown(document)
        key, problems = resolve_scope(document, self.scopes, namespace)
        if key is None:
            return Built(document.position, None, tuple(problems))
        token = (key, () if sort is Sort.TEMPLATE else tuple(sorted(self._gates.items())))
        built = remembering.of(number, token, partial(self._fresh, document, key, sort))
        if not problems:
            return built
        return dataclasses.replace(built, diagnostics=(*problems, *built.diagnostics))

    @property
    def _gates(self) -> Mapping[str, bool]:
        return self.config.feature_gates

    def _fresh(self, document: Document, key: ObjectKey, sort: Sort) -> Built:
        match sort:
            case Sort.TEMPLATE:
                return build_template(document, key)
            case Sort.CONFIG:
                message = f"a FleetConfig counts only in {CONFIG_PATH} at the root"
                return _refused("RC015", message, document, key, "remove it, or move it there")
            case _:
                return build_governing(document, key, sort, self.config.feature_gates)


@dataclasses.dataclass(frozen=True, slots=True)
class _Remembering:
    """Documents of one file by number: what they were built to before, and what they are now."""

    earlier: Mapping[int, tuple[Hashable, Built]]
    used: dict[int, tuple[Hashable, Built]]

    def of(self, number: int, token: Hashable, build: Callable[[], Built]) -> Built:
        """The document; the token names everything it depends on besides its text."""
        known = self.earlier.get(number)
        if known is None or known[0] != token:
            known = (token, build())
        self.used[number] = known
        return known[1]


def _held(known: BuiltGroup, before: Before) -> Iterator[Built]:
    """Documents of a file of which some could not be taken."""
    readable = {one.key for one in known.built if one.value is not None and one.key is not None}
    for one in known.built:
        if one.value is None:
            yield held_where_unknown(one, known.group.path, before, readable)
        else:
            yield one


def _unknown(document: Document) -> Built:
    body = document.parsed.body or {}
    message, hint = unknown_kind(body["apiVersion"], body["kind"])
    return _refused("RC020", message, document, None, hint)


def _refused(
    code: str, message: str, document: Document, key: ObjectKey | None, hint: str
) -> Built:
    subject = "" if key is None else str(key)
    problem = diagnostic(code, message, document.place("kind"), hint=hint, subject=subject)
    return Built(document.position, key, (problem,))


def _assembled(built: list[Built], fleet: Fleet, facts: Mapping[str, ClusterFacts]) -> Fleet:
    values = [one.value for one in built if one.value is not None]
    reaches = [one.reach for one in built if one.value is None and one.reach is not None]
    templates = {one.key: one for one in _of(values, Template)}
    manifests = _manifests(built)
    diagnostics = [*fleet.diagnostics, *(problem for one in built for problem in one.diagnostics)]
    return dataclasses.replace(
        fleet,
        clusters=tuple(
            dataclasses.replace(one, facts=facts.get(one.name))
            for one in sorted(_of(values, Cluster), key=lambda one: one.name)
        ),
        templates={key: templates[key] for key in sorted(templates, key=_fields)},
        propagation_policies=tuple(
            sorted(
                [*_of(values, PropagationPolicy), *_of(reaches, PropagationPolicy)],
                key=lambda one: one.ref,
            )
        ),
        override_policies=tuple(
            sorted(
                [*_of(values, OverridePolicy), *_of(reaches, OverridePolicy)],
                key=lambda one: one.ref,
            )
        ),
        customizations=manifests[Sort.CUSTOMIZATION],
        webhooks=manifests[Sort.WEBHOOK],
        others=manifests[Sort.OTHER],
        places={
            one.key: one.position
            for one in built
            if one.key is not None and isinstance(one.value, Manifest)
        },
        frozen=(*fleet.frozen, *(_frozen(one) for one in built if one.value is None)),
        diagnostics=in_order(diagnostics),
    )


def _fields(key: ObjectKey) -> tuple[str, str, str, str]:
    """The order of identities, faster than comparing them one by one."""
    return (key.group, key.kind, key.namespace, key.name)


def _of(values: Iterable[object], kind: type[_T]) -> Iterator[_T]:
    return (one for one in values if isinstance(one, kind))


def _manifests(built: Iterable[Built]) -> dict[Sort, tuple[Manifest, ...]]:
    found: dict[Sort, list[Manifest]] = defaultdict(list)
    for one in built:
        if isinstance(one.value, Manifest):
            found[sort_of(one.value.body)].append(one.value)
    sorts = (Sort.CUSTOMIZATION, Sort.WEBHOOK, Sort.OTHER)
    return {sort: tuple(sorted(found[sort], key=lambda one: one.key)) for sort in sorts}


def _frozen(one: Built) -> Frozen:
    is_held = any(problem.effect is Effect.HOLD for problem in one.diagnostics)
    return Frozen(position=one.position, key=one.key, is_new_unreadable=is_held)
