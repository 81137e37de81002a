"""A repository to read from: the local mirror of a remote, or a repository on this machine.

Strategy: a mirror is bare and holds the remote's branches and tags under their own names; `fetch`
makes them what the remote has, branches that vanished included. Files are read from tree objects.
Nothing of the repository is executed, no submodule is followed, and no configuration outside it is
read.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pygit2
from pygit2.enums import FetchPrune, RepositoryOpenFlag

from reconciler.adapters.git import history, isolation
from reconciler.adapters.git.network import anonymous, conversing, proxy_of
from reconciler.adapters.git.objects import gathered
from reconciler.adapters.git.remote import Remote
from reconciler.adapters.git.trees import Lister, changed_paths
from reconciler.model.errors import BlobTooLarge, EmptyRepository, MissingBranch, SourceUnavailable
from reconciler.model.source import PathChange, Revision, SourceEntry
from reconciler.model.text import printable

MOST_BLOB_BYTES = 16 << 20
BRANCHES = "refs/heads/"
EVERYTHING = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
# What HEAD of a mirror names while the remote's HEAD names no branch.
_NOWHERE = "refs/heads/reconciler.no-default-branch"


class GitTree:
    """The files of one commit. `entries` are made once, content is read when it is asked for."""

    def __init__(self, store: GitStore, revision: str, entries: Mapping[str, SourceEntry]) -> None:
        self._store = store
        self.revision = revision
        self.entries = entries

    def read(self, oid: str) -> bytes:
        """The content of a blob; raises `BlobTooLarge` or `SourceUnavailable`."""
        return self._store.read(oid)


class GitStore:
    """Trees and history of one repository."""

    def __init__(
        self, repository: pygit2.Repository, *, most_blob_bytes: int = MOST_BLOB_BYTES
    ) -> None:
        self.repository = repository
        self._most_blob_bytes = most_blob_bytes
        self._lock = threading.Lock()
        self._lister = Lister(repository.odb, most_blob_bytes=most_blob_bytes)
        if (Path(repository.path) / "info" / "grafts").is_file():
            raise SourceUnavailable(
                "the repository has grafts: its history is not what its commits say",
                hint="remove info/grafts, or use a fresh clone",
            )

    @classmethod
    def mirror(cls, folder: Path, *, most_blob_bytes: int = MOST_BLOB_BYTES) -> GitStore:
        """The bare mirror in this folder, made when there is none; only a cache."""
        isolation.isolate()
        try:
            if (folder / "HEAD").exists():
                repository = pygit2.Repository(str(folder), RepositoryOpenFlag.NO_SEARCH)
            else:
                repository = pygit2.init_repository(str(folder), bare=True, initial_head=_NOWHERE)
                repository.config["http.followRedirects"] = "false"
        except (pygit2.GitError, KeyError, OSError) as problem:
            raise SourceUnavailable(
                f"the mirror cannot be opened: {printable(str(problem))}",
                hint="delete the mirror's folder; it is only a cache",
            ) from None
        return cls(repository, most_blob_bytes=most_blob_bytes)

    @classmethod
    def open(cls, path: Path, *, most_blob_bytes: int = MOST_BLOB_BYTES) -> GitStore:
        """The repository at this path or around it, bare or not; its work tree is never read."""
        isolation.isolate()
        try:
            repository = pygit2.Repository(str(path))
        except (pygit2.GitError, KeyError) as problem:
            raise SourceUnavailable(
                f"{printable(str(path))} is no Git repository: {printable(str(problem))}",
                hint="name a folder inside a repository, or a bare repository",
            ) from None
        return cls(repository, most_blob_bytes=most_blob_bytes)

    @property
    def folder(self) -> Path:
        """Where the repository's objects and refs are."""
        return Path(self.repository.path)

    def fetch(self, remote: Remote, refspecs: Sequence[str] = EVERYTHING) -> None:
        """Make the mirror's branches and tags those of the remote.

        Raises `SourceUnavailable` or `NoCredentials`; the mirror then has what it had.
        """
        with conversing(remote) as conversation:
            connection = anonymous(self.repository, remote)
            connection.fetch(
                list(refspecs),
                callbacks=conversation,
                prune=FetchPrune.PRUNE,
                proxy=proxy_of(remote),
            )
            heads = connection.list_heads(connect=False)
        self.repository.set_head(_default_of(heads))

    def compact(self) -> int:
        """Gather the loose objects of small commits into one pack; how many there were.

        Only for a mirror, which is ours alone. Anything that is missed stays where it is.
        """
        return gathered(self.repository)

    def branches(self) -> dict[str, str]:
        """Every ref under refs/heads with its commit, by full name."""
        found = self.repository.references.iterator()
        return {
            reference.name: str(reference.target)
            for reference in found
            if reference.name.startswith(BRANCHES) and isinstance(reference.target, pygit2.Oid)
        }

    def tip(self, ref: str) -> str | None:
        """The commit a ref points to, by full name; None when the repository has no such ref."""
        try:
            return str(self.repository.references[ref].peel(pygit2.Commit).id)
        except KeyError:
            return None
        except (ValueError, pygit2.GitError):
            raise SourceUnavailable(f"{printable(ref)} does not point to a commit") from None

    def default_branch(self) -> str:
        """Short name of the branch HEAD names; raises `EmptyRepository` or `MissingBranch`."""
        target = self.repository.references["HEAD"].target
        if isinstance(target, str) and target in self.repository.references:
            return target.removeprefix(BRANCHES)
        self._require_commits()
        raise MissingBranch("HEAD names no branch", hint="name the source branch in the settings")

    def resolve(self, rev: str) -> Revision:
        """A branch, tag, commit id or expression as a revision.

        Raises `EmptyRepository` when there is nothing at all, `MissingBranch` when not this.
        """
        try:
            commit = self.repository.revparse_single(rev).peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError):
            self._require_commits()
            raise MissingBranch(f"there is no commit {printable(rev)!r}") from None
        return history.revision_of(commit)

    def tree(self, revision: Revision | str) -> GitTree:
        """The files of a commit, hidden folders left out."""
        found = self.resolve(revision) if isinstance(revision, str) else revision
        root = self._root(found.id)
        with self._lock:
            return GitTree(self, found.id, self._lister.entries(root))

    def read(self, oid: str) -> bytes:
        """A blob's bytes; its size is known from the header before anything is loaded."""
        key = pygit2.Oid(hex=oid)
        try:
            _, size = self.repository.odb.read_header(key)
            if size > self._most_blob_bytes:
                raise BlobTooLarge(f"blob {oid} has {size} bytes")
            _, data = self.repository.odb.read(key)
        except (KeyError, ValueError, pygit2.GitError):
            raise SourceUnavailable(
                f"blob {oid} is missing or damaged", hint="fetch the repository anew"
            ) from None
        return bytes(data)

    def diff(self, before: str | None, after: str | None) -> tuple[PathChange, ...]:
        """What differs between two commits, by path; None stands for an empty tree."""
        roots = [self._root(rev) if rev is not None else None for rev in (before, after)]
        return tuple(
            PathChange(path=path, before=_hex(was), after=_hex(now))
            for path, was, now in sorted(changed_paths(self.repository.odb, *roots))
        )

    def log(
        self, rev: str, *, since: str | None = None, first_parent: bool = False
    ) -> Iterator[Revision]:
        """Revisions from `rev` back, newest first, without those `since` reaches."""
        hidden = self.resolve(since).id if since is not None else None
        newest = self.resolve(rev).id
        return history.commits(self.repository, newest, since=hidden, first_parent=first_parent)

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` contains `older`, both commit ids; False means history was rewritten."""
        return history.descends(self.repository, newer, older)

    def _root(self, commit: str) -> bytes:
        try:
            return bytes(self.repository[commit].peel(pygit2.Commit).tree_id.raw)
        except (KeyError, ValueError, pygit2.GitError):
            raise SourceUnavailable(f"commit {printable(commit)} is missing or damaged") from None

    def _require_commits(self) -> None:
        if not any(True for _ in self.repository.references.iterator()):
            raise EmptyRepository("the repository has no commit")


def _default_of(heads: Sequence[pygit2.remotes.RemoteHead]) -> str:
    """The branch the remote's HEAD names; by its commit where the server does not name it."""
    by_name = {head.name: head for head in heads}
    head = by_name.get("HEAD")
    if head is None:
        return _NOWHERE
    if head.symref_target in by_name:
        return str(head.symref_target)
    same = sorted(
        name
        for name, other in by_name.items()
        if name is not None and name.startswith(BRANCHES) and other.oid == head.oid
    )
    return same[0] if same else _NOWHERE


def _hex(oid: bytes | None) -> str | None:
    return oid.hex() if oid is not None else None
