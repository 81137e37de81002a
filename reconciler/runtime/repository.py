"""FleetRepository: the fleet repo and our branches of it, as one thing to fetch, read and write.

A repository on this machine is used directly; any other through a bare mirror in the workdir.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.adapters.git import BranchWriter, GitStore, Remote, Transport
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
from reconciler.runtime.settings import Settings, default_workdir, git_credentials

BRANCHES = "refs/heads/"


class FleetRepository:
    """One repository: source revisions in, branches of ours out."""

    def __init__(self, store: GitStore, remote: Remote | None, branch: str = "") -> None:
        self.store = store
        self.remote = remote
        self._branch = branch
        self.writer = BranchWriter(store, remote)
        # Each reading forgets what it did not use, so the two revisions at hand have one each.
        self._memories = {"head": ParseMemory(), "base": ParseMemory()}

    @classmethod
    def of(cls, settings: Settings) -> FleetRepository:
        """The repository that the settings name; nothing is fetched yet."""
        remote = Remote.at(settings.repo, settings.git)
        if remote.transport is Transport.FOLDER:
            return cls.local(remote.folder, settings.branch)
        return cls(GitStore.mirror(settings.mirror), remote, settings.branch)

    @classmethod
    def local(cls, path: Path, branch: str = "") -> FleetRepository:
        """A repository on this machine, at this path or around it."""
        return cls(GitStore.open(path), None, branch)

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
        memory: str,
    ) -> Fleet:
        """The fleet of a revision; `previous`, which may be empty, tells what is new in it.

        `memory` is `head` or `base`: what each was last asked for it needs not read again.
        """
        tree = self.store.tree(revision)
        memories = self._memories[memory]
        before = self.store.tree(previous.revision).entries if previous.revision else ()
        return parse_fleet(
            self._files(tree, memories),
            revision=revision,
            inventory=inventory,
            previous=previous if previous.revision else None,
            previous_paths=frozenset(before),
            memory=memories,
        )

    def _files(self, tree: SourceTree, memory: ParseMemory) -> dict[str, SourceFile]:
        """Every entry of a tree, with the bytes of documents that are not known yet."""
        return {
            path: SourceFile(
                path=path,
                oid=entry.oid,
                size=entry.size,
                kind=entry.kind,
                data=tree.read(entry.oid) if _is_wanted(entry, memory) else None,
                anomaly=entry.anomaly,
            )
            for path, entry in tree.entries.items()
        }

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

    def works_branch(self, cluster: str) -> Branch:
        """Where one cluster's Works are written."""
        return works_branch(self.store, self.writer, cluster)

    def contents(self, content: BranchContent) -> dict[str, bytes]:
        """Every file of one of our branches."""
        return {path: content.read(path) or b"" for path in content.files}


def _is_wanted(entry: SourceEntry, memory: ParseMemory) -> bool:
    is_blob = entry.kind is EntryKind.BLOB and entry.anomaly is None
    is_readable = is_blob and entry.size <= MAX_BYTES
    return is_readable and is_document(entry.path) and not memory.knows(entry.oid)
