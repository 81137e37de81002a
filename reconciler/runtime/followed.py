"""Members that follow a works branch instead of being written to: Clusters with `syncMode: Pull`.

Rule (design §5, §8): the branch stands for the member. What it holds is what was distributed, and
it changes by the same guarded decisions as a member does: nothing leaves it because something could
not be read, or while a deletion waits for approval. Flux, Argo CD or an agent makes of it what
stands on the cluster.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from reconciler.adapters.writeback.branches import BranchContent
from reconciler.cycle.facts import ASSUMED
from reconciler.model.change import Action, Change, Plan
from reconciler.model.cluster import Cluster, ClusterFacts
from reconciler.model.errors import ReconcilerError
from reconciler.model.identity import ObjectKey, work_name
from reconciler.model.manifest import Manifest
from reconciler.model.work import Body, Work
from reconciler.model.world import Observed
from reconciler.runtime.documents import document
from reconciler.runtime.executor import ChangeResult, Result, left_for_later
from reconciler.runtime.repository import FleetRepository
from reconciler.runtime.works_files import encoded, paths_of

Files = dict[str, bytes | None]

_WRITING = frozenset({Action.CREATE, Action.UPDATE, Action.ADOPT, Action.RECREATE})
#: What reading a document of another shape raises.
_DAMAGED = (ValueError, KeyError, TypeError, AttributeError, ReconcilerError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One works branch as it was read: its Works, and the file that each stands in."""

    content: BranchContent
    works: Mapping[ObjectKey, Work] = field(default_factory=dict)
    paths: Mapping[ObjectKey, str] = field(default_factory=dict)

    def files(self, changes: Iterable[Change]) -> tuple[Files, Mapping[ObjectKey, str]]:
        """The files that these changes write or remove, and where every object stands then."""
        changes = tuple(changes)
        written = {one.key: one for one in changes if one.action in _WRITING}
        gone = {one.key for one in changes if one.action is Action.DELETE}
        held = (self.paths.keys() - gone) | written.keys()
        paths = paths_of(held)
        moved = {key for key in held & self.paths.keys() if paths[key] != self.paths[key]}
        files: Files = {self.paths[key]: None for key in (gone & self.paths.keys()) | moved}
        for key in moved - written.keys():
            files[paths[key]] = encoded(self.works[key].manifest_bytes())
        files |= {paths[key]: encoded(_body(one)) for key, one in written.items()}
        return files, paths


class FollowedBranches:
    """Works branches of Pull clusters; what was read stays known while a branch stands still."""

    def __init__(self, repository: FleetRepository) -> None:
        self._repository = repository
        self._read: dict[str, Followed] = {}

    def of(self, clusters: Iterable[Cluster]) -> tuple[dict[str, Followed], dict[str, str]]:
        """Branches by cluster, and why others cannot be read."""
        found: dict[str, Followed] = {}
        unreadable: dict[str, str] = {}
        for cluster in clusters:
            if not cluster.is_pulling:
                continue
            try:
                found[cluster.name] = self._branch(cluster.name)
            except _DAMAGED as error:
                unreadable[cluster.name] = f"its works branch cannot be read: {error}"
        return found, unreadable

    def _branch(self, cluster: str) -> Followed:
        content = self._repository.works_branch(cluster).content()
        known = self._read.get(cluster)
        if known is None or known.content.tip != content.tip:
            known = self._read[cluster] = _followed(cluster, content)
        return known


def facts_of(cluster: str, uids: Mapping[str, str]) -> ClusterFacts:
    """What is known of a member that nobody asks: it is taken as it is in a plan (design §4)."""
    uid = uids.get(cluster, "")
    return ClusterFacts(conditions=ASSUMED.conditions, is_assumed=True, uid=uid)


def observed_of(followed: Followed) -> Observed:
    """The branch in the place of what a member holds."""
    return Observed(works=followed.works)


def split(
    plan: Plan, followed: Mapping[str, Followed]
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """The changes of members that are written to, and of those that follow a branch."""
    pushed = tuple(one for one in plan.changes if one.cluster not in followed)
    pulled = tuple(one for one in plan.changes if one.cluster in followed)
    return pushed, pulled


def distributed(changes: Iterable[Change], *, may_delete: bool) -> tuple[ChangeResult, ...]:
    """What becomes of changes that are written to branches; without `may_delete` a newer commit is
    known, which may want again what this one deletes.
    """
    return tuple(_result(one, may_delete=may_delete) for one in changes)


def _result(change: Change, *, may_delete: bool) -> ChangeResult:
    if change.action is Action.DELETE and not may_delete:
        return left_for_later(change)
    if change.action in _WRITING or change.action is Action.DELETE:
        return ChangeResult(change=change, result=Result.DONE)
    return ChangeResult(change=change, result=Result.SKIPPED, message=change.reason)


def _followed(cluster: str, content: BranchContent) -> Followed:
    works: dict[ObjectKey, Work] = {}
    paths: dict[ObjectKey, str] = {}
    for path in content.files:
        body = document(content.read(path) or b"")
        work = _work(cluster, Manifest(body))
        works[work.key], paths[work.key] = work, path
    return Followed(content=content, works=works, paths=paths)


def _work(cluster: str, manifest: Manifest) -> Work:
    """The Work that a file says; its stamp is part of it."""
    text = orjson.dumps(manifest.body, option=orjson.OPT_SORT_KEYS)
    return Work(
        cluster=cluster,
        key=manifest.key,
        api_version=manifest.api_version,
        name=work_name(manifest.kind, manifest.name, manifest.namespace),
        body=Body(hashlib.sha256(text).hexdigest(), (text,), ()),
    )


def _body(change: Change) -> bytes:
    """The manifest of a change; a bare namespace has no Work."""
    return change.payload if change.desired is None else change.desired.manifest_bytes()
