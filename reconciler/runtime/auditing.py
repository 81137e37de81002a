"""Auditing: history, blame and the past, read from our own branches alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from reconciler.adapters.writeback.branches import STATE_REF, STATUS_REF
from reconciler.audit.chronicle import (
    Event,
    StateCommit,
    StatusCommit,
    merged,
    moment_of,
    observations,
    placements,
    source_of,
)
from reconciler.audit.past import Past, newest_before, newest_of_source, standing
from reconciler.audit.subject import named
from reconciler.model.binding import BindingState
from reconciler.model.errors import MissingBranch, SettingsInvalid, StateDamaged
from reconciler.model.identity import ObjectKey
from reconciler.model.instant import instant, written
from reconciler.model.report import TemplateStatus
from reconciler.model.source import PathChange, Revision
from reconciler.parse.decode import decode_binding_state
from reconciler.runtime.documents import document
from reconciler.runtime.repository import FleetRepository
from reconciler.runtime.state_files import BINDINGS
from reconciler.status.documents import STATUS, decode_template_status

T = TypeVar("T", BindingState, TemplateStatus)
Decode = Callable[[Any], T]


@dataclass(slots=True)
class Auditor:
    """Reads one repository's branches; each commit of the source branch is looked up once."""

    repository: FleetRepository
    _sources: dict[str, Revision | None] = field(default_factory=dict, init=False)

    def events(self) -> tuple[Event, ...]:
        """Everything that the branches still tell, newest first."""
        sources = [source_of(one) for one in self._log(STATE_REF)]
        decided, seen = placements(self._state_commits()), observations(self._status_commits())
        return merged(decided, seen, sources=sources)

    def subjects(self, events: Iterable[Event], text: str, namespace: str) -> frozenset[ObjectKey]:
        """The objects that are meant by KIND/NAME, of all that ever were."""
        try:
            found = named({event.key for event in events}, text, namespace)
        except ValueError as error:
            raise SettingsInvalid(str(error), hint="write Deployment/web, for example") from None
        if not found:
            raise SettingsInvalid(
                f"no branch tells of {text}", hint="see everything with `reconciler history`"
            )
        return frozenset(found)

    def source(self, commit: str) -> Revision | None:
        """A commit of the source branch; None when the repository does not have it any more."""
        if commit not in self._sources:
            try:
                self._sources[commit] = self.repository.store.resolve(commit) if commit else None
            except MissingBranch:
                self._sources[commit] = None
        return self._sources[commit]

    def at(self, moment: str) -> Past:
        """The fleet at a time, or when a revision of the source branch was the last applied one.

        Raises `SettingsInvalid` where the branches do not reach that far back.
        """
        state = self._newest(STATE_REF, moment)
        if state is None:
            raise SettingsInvalid(
                f"the state branch tells nothing of {moment}",
                hint="name a later time, or a commit that was applied",
            )
        status = newest_before(self._log(STATUS_REF), _last_moment(self._log(STATE_REF), state))
        bindings = self._all(state.id, BINDINGS, decode_binding_state)
        statuses = self._all(status.id, STATUS, decode_template_status) if status else {}
        return Past(at=moment_of(state), source=source_of(state), rows=standing(bindings, statuses))

    def _newest(self, ref: str, moment: str) -> Revision | None:
        when = instant(moment)
        if when is not None:
            return newest_before(self._log(ref), written(when))
        revision = self.repository.store.resolve(moment)
        sources = {revision.id}
        found = newest_of_source(self._log(ref), frozenset(sources))
        if found is None:
            # The hub may have skipped it: then what was applied last before it stood.
            older = frozenset(one.id for one in self.repository.store.log(revision.id))
            found = newest_of_source(self._log(ref), older)
        return found

    def _log(self, ref: str) -> list[Revision]:
        """Commits of one of our branches, newest first; none where it does not exist."""
        tip = self.repository.store.tip(ref)
        return [] if tip is None else list(self.repository.store.log(tip, first_parent=True))

    def _state_commits(self) -> Iterator[StateCommit]:
        for revision, changes in self._changes(STATE_REF, BINDINGS):
            yield StateCommit(
                revision=revision,
                before=self._decoded((one.before for one in changes), decode_binding_state),
                after=self._decoded((one.after for one in changes), decode_binding_state),
            )

    def _status_commits(self) -> Iterator[StatusCommit]:
        for revision, changes in self._changes(STATUS_REF, STATUS):
            yield StatusCommit(
                revision=revision,
                before=self._decoded((one.before for one in changes), decode_template_status),
                after=self._decoded((one.after for one in changes), decode_template_status),
            )

    def _changes(self, ref: str, folder: str) -> Iterator[tuple[Revision, list[PathChange]]]:
        for revision in self._log(ref):
            parent = revision.parents[0] if revision.parents else None
            changes = self.repository.store.diff(parent, revision.id)
            yield revision, [one for one in changes if one.path.startswith(folder)]

    def _all(self, commit: str, folder: str, decode: Decode[T]) -> dict[ObjectKey, T]:
        entries = self.repository.store.tree(commit).entries
        return self._decoded(
            (entry.oid for path, entry in entries.items() if path.startswith(folder)), decode
        )

    def _decoded(self, oids: Iterable[str | None], decode: Decode[T]) -> dict[ObjectKey, T]:
        found = {}
        for oid in oids:
            if oid is not None:
                one = decode(self._document(oid))
                found[one.key] = one
        return found

    def _document(self, oid: str) -> Mapping[str, Any]:
        try:
            return dict(document(self.repository.store.read(oid)))
        except ValueError as error:
            raise StateDamaged(f"blob {oid[:12]} of our branches cannot be read: {error}") from None


def _last_moment(commits: Iterable[Revision], state: Revision) -> str:
    """The moment until which a state stood: just before the next source commit was recorded."""
    until = "9999-12-31T23:59:59Z"
    for one in commits:
        if one.id == state.id or source_of(one) == source_of(state):
            break
        until = moment_of(one)
    return until
