"""The last report, read from the status branch as often as somebody wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.errors import SourceUnavailable
from reconciler.model.identity import ObjectKey
from reconciler.model.report import TemplateStatus
from reconciler.runtime.gathering import Gathering
from reconciler.runtime.repository import FleetRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """`KIND[.GROUP][/NAME]` in a namespace; empty parts match everything, kinds in any case and in
    the plural too.
    """

    kind: str = ""
    group: str = ""
    name: str = ""
    namespace: str = ""

    @classmethod
    def of(cls, text: str, namespace: str = "") -> Subject:
        """From a command line."""
        kind, _, name = text.partition("/")
        kind, _, group = kind.partition(".")
        return cls(kind=kind.lower(), group=group.lower(), name=name, namespace=namespace)

    def matches(self, key: ObjectKey) -> bool:
        """Whether it means this object."""
        kind = key.kind.lower()
        return (
            self.kind in {"", kind, f"{kind}s"}
            and self.group in {"", key.group}
            and self.name in {"", key.name}
            and self.namespace in {"", key.namespace}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """One report. `tip` is its commit, None when nothing was ever reported."""

    tip: str | None = None
    summary: Mapping[str, Any] | None = None
    templates: Mapping[ObjectKey, TemplateStatus] = field(default_factory=dict)

    def matching(self, subject: Subject, cluster: str = "") -> list[TemplateStatus]:
        """Templates that the subject means, those that belong on the cluster if one is named."""
        return [
            one
            for key, one in sorted(self.templates.items())
            if subject.matches(key)
            and (not cluster or any(member.cluster == cluster for member in one.members))
        ]

    @property
    def source_commit(self) -> str:
        """The commit that the report is about, `` for none."""
        return str((self.summary or {}).get("sourceCommit") or "")


class StatusReading:
    """Reads the status branch again and again; documents that did not change are read once."""

    def __init__(self, repository: FleetRepository) -> None:
        self._repository = repository
        self._gathering = Gathering(repository)
        self._last: StatusView | None = None

    def read(self) -> StatusView:
        """The newest report; the same object as long as the branch does not move."""
        self._repository.fetch()
        tip = self._repository.status().tip
        if self._last is None or self._last.tip != tip:
            self._last = StatusView(
                tip=tip,
                summary=self._gathering.summary(),
                templates=self._gathering.statuses(),
            )
        return self._last

    def resolved(self, revision: str) -> str:
        """The commit id of a revision, by default the newest of the source branch."""
        if not revision:
            return self._repository.head().id
        return self._repository.store.resolve(revision).id

    def contains(self, newer: str, older: str) -> bool:
        """Whether the report's commit is the wanted one or comes after it."""
        if not newer:
            return False
        try:
            return newer == older or self._repository.store.is_ancestor(older, newer)
        except SourceUnavailable:
            return False
