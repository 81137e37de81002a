"""FleetRepository: the fleet repo and our branches of it, as one thing to fetch, read and write.

A repository on this machine is used directly; any other through a bare mirror in the workdir.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from reconciler.adapters.git import Batch, BranchWriter, GitStore, Remote, Transport
from reconciler.adapters.git.staged import staged
from reconciler.adapters.writeback.branches import (
    Branch,
    BranchContent,
    state_branch,
    status_branch,
    works_branch,
)
from reconciler.model.cluster import ClusterFacts
from reconciler.model.errors import (
    EmptyRepository,
    MissingBranch,
    RewrittenHistory,
    SourceUnavailable,
)
from reconciler.model.fleet import Fleet
from reconciler.model.source import EntryKind, Revision, SourceEntry, SourceFile, SourceTree
from reconciler.parse import MAX_BYTES, ParseMemory, parse_fleet
from reconciler.parse.selection import is_document
from reconciler.runtime.disk import PARSED, Disk
from reconciler.runtime.documents import DocumentMemory
from reconciler.runtime.settings import Settings, default_workdir, git_credentials

BRANCHES = "refs/heads/"
_KEPT_FLEETS = 4


class FleetRepository:
    """One repository: source revisions in, branches of ours out."""

    def __init__(
        self,
        store: GitStore,
        remote: Remote | None,
        branch: str = "",
        disk: Disk | None = None,
    ) -> None:
        self.store = store
        self.remote = remote
        self._branch = branch
        self.writer = BranchWriter(store, remote)
        self.disk = disk or Disk()
        self.documents = DocumentMemory(self.disk)
        self._memory = ParseMemory()
        self._files_read: dict[str, tuple[SourceEntry, SourceFile]] = {}
        self._clean: dict[str, tuple[dict[str, ClusterFacts], Fleet]] = {}

    @classmethod
    def of(cls, settings: Settings) -> FleetRepository:
        """The repository that the settings name; nothing is fetched yet."""
        remote = Remote.at(settings.repo, settings.git)
        if remote.transport is Transport.FOLDER:
            return cls.local(remote.folder, settings.branch, settings.cache)
        return cls(
            GitStore.mirror(settings.mirror), remote, settings.branch, Disk.at(settings.cache)
        )

    @classmethod
    def local(cls, path: Path, branch: str = "", cache: Path | None = None) -> FleetRepository:
        """A repository on this machine, at this path or around it."""
        return cls(GitStore.open(path), None, branch, Disk.at(cache) if cache else None)

    @classmethod
    def remembering(cls, path: Path) -> FleetRepository:
        """A repository on this machine, with the user's disposable cache of what was read."""
        settings = Settings(repo=str(path), workdir=default_workdir(str(path.resolve())))
        return cls.local(path, cache=settings.cache)

    @classmethod
    def open_or_mirror(cls, repo: str, branch: str = "") -> FleetRepository:
        """For reading on the command line: a path as it is, a URL through its mirror, fetched."""
        place = str(Path(repo).resolve()) if Path(repo).exists() else repo
        settings = Settings(
            repo=place, branch=branch, workdir=default_workdir(place), git=git_credentials()
        )
        repository = cls.of(settings)
        repository.fetch()
        return repository

    def fetch(self) -> None:
        """Learn what the remote has; a local repository needs no fetching."""
        if self.remote is not None:
            self.store.fetch(self.remote)

    @property
    def branch(self) -> str:
        """Short name of the source branch."""
        return self._branch or self.store.default_branch()

    def head(self) -> Revision:
        """The newest revision of the source branch; raises `MissingBranch` or `EmptyRepository`."""
        return self.store.resolve(BRANCHES + self.branch)

    def staged(self) -> str:
        """What is staged, as the id of a commit that no ref points to."""
        return staged(self.store).id

    def base_of_staged(self) -> str:
        """What the next commit follows, `` when it is the first one."""
        try:
            return self.store.resolve("HEAD").id
        except (EmptyRepository, MissingBranch):
            return ""

    def require_descent(self, older: str, newer: str) -> None:
        """Raise `RewrittenHistory` unless `newer` contains `older`."""
        try:
            is_descendant = self.store.is_ancestor(older, newer)
        except SourceUnavailable:
            is_descendant = False
        if not is_descendant:
            raise RewrittenHistory(
                f"the last applied commit {older[:12]} is no ancestor of {newer[:12]}"
            )

    def fleet(
        self,
        revision: str,
        *,
        inventory: Mapping[str, ClusterFacts],
        previous: Fleet,
        was_applied: bool = False,
    ) -> Fleet:
        """The fleet of a revision; `previous`, which may be empty, tells what is new in it.

        A revision that was applied is not held for what it could not say: that froze then, and who
        asks for the revision now wants what it did say.
        """
        kept = self._clean.get(revision)
        if kept is not None and kept[0] == inventory:
            return kept[1]
        tree = self.store.tree(revision)
        before = self.store.tree(previous.revision).entries if previous.revision else {}
        known = frozenset(before) | frozenset(tree.entries if was_applied else ())
        files = self._files(tree)
        fleet = parse_fleet(
            files,
            revision=revision,
            inventory=inventory,
            previous=previous if previous.revision else None,
            previous_paths=known,
            memory=self._memory,
        )
        self._memory.disk = {}
        self.disk.put(PARSED, self._memory.unstored)
        self._memory.unstored = {}
        if not fleet.diagnostics and not fleet.frozen:
            self._keep(revision, inventory, fleet)
        return fleet

    def _keep(self, revision: str, inventory: Mapping[str, ClusterFacts], fleet: Fleet) -> None:
        """Remember a fleet that nothing is wrong with: it is the same whatever was before it."""
        if len(self._clean) >= _KEPT_FLEETS:
            del self._clean[next(iter(self._clean))]
        self._clean[revision] = (dict(inventory), fleet)

    def _files(self, tree: SourceTree) -> dict[str, SourceFile]:
        """Every entry of a tree, with the bytes of documents that are not known yet."""
        fresh = [entry for entry in tree.entries.values() if not self._is_read(entry)]
        unknown = set(self._memory.unknown(one.oid for one in fresh if _is_wanted(one)))
        self._memory.disk = self.disk.get(PARSED, unknown)
        files = {one.path: self._file(one, unknown) for one in fresh}
        earlier = self._files_read
        found = {path: files.get(path) or earlier[path][1] for path in tree.entries}
        self._files_read = {
            path: earlier[path] if path not in files else (entry, replace(files[path], data=None))
            for path, entry in tree.entries.items()
        }
        return found

    def _is_read(self, entry: SourceEntry) -> bool:
        """Whether the last reading had this very entry, and its documents are known by it."""
        known = self._files_read.get(entry.path)
        return known is not None and known[0] is entry and entry.oid in self._memory.newest

    def _file(self, entry: SourceEntry, unknown: Collection[str]) -> SourceFile:
        is_wanted = _is_wanted(entry)
        return SourceFile(
            path=entry.path,
            oid=entry.oid,
            size=entry.size,
            kind=entry.kind,
            data=self.store.read(entry.oid) if is_wanted and entry.oid in unknown else None,
            anomaly=entry.anomaly,
            load=partial(self.store.read, entry.oid) if is_wanted else None,
        )

    def state(self) -> BranchContent:
        """The state branch as it was last fetched or pushed."""
        return self.state_branch.content()

    def status(self) -> BranchContent:
        """The status branch as it was last fetched or pushed."""
        return self.status_branch().content()

    @property
    def state_branch(self) -> Branch:
        """Where decisions are written."""
        return state_branch(self.store, self.writer)

    def status_branch(self, keep: int = 0) -> Branch:
        """Where reports are written."""
        return status_branch(self.store, self.writer, keep=keep)

    def works_branch(self, cluster: str, batch: Batch | None = None) -> Branch:
        """Where one cluster's Works are written, alone or in a batch."""
        return works_branch(self.store, batch or self.writer, cluster)


def _is_wanted(entry: SourceEntry) -> bool:
    """Whether the entry's bytes are asked for."""
    is_blob = entry.kind is EntryKind.BLOB and entry.anomaly is None
    return is_blob and entry.size <= MAX_BYTES and is_document(entry.path)
