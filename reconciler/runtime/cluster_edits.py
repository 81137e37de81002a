"""Edits of Cluster documents: made in the work tree, as a commit, or shown as a patch for review.

The service never writes to the source branch; these are a person's edits, under a person's name.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.git import BranchWriter
from reconciler.adapters.git.person import person
from reconciler.model.cluster import DELETE, UNJOIN, Cluster
from reconciler.model.emit import emit_yaml
from reconciler.model.errors import SettingsInvalid, SourceUnavailable
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.source import Move
from reconciler.runtime.document_files import document_of, with_document
from reconciler.runtime.gathering import Gathering
from reconciler.runtime.repository import BRANCHES, FleetRepository

KIND: Final = "Cluster"
API_VERSION: Final = "cluster.karmada.io/v1alpha1"

Document = dict[str, Any]


class Way(StrEnum):
    """What becomes of an edit."""

    FILE = "file"
    COMMIT = "commit"
    PATCH = "patch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """One file before and after; None where it does not exist. `subject` says what was done."""

    path: str
    before: str | None
    after: str | None
    subject: str

    @property
    def patch(self) -> str:
        """A unified diff that `git apply` takes."""
        old = (self.before or "").splitlines(keepends=True)
        new = (self.after or "").splitlines(keepends=True)
        source = "/dev/null" if self.before is None else f"a/{self.path}"
        target = "/dev/null" if self.after is None else f"b/{self.path}"
        return "".join(difflib.unified_diff(old, new, source, target))


class ClusterEdits:
    """The Cluster documents of a fleet repo's newest commit."""

    def __init__(self, repository: FleetRepository) -> None:
        self._repository = repository
        self._head = repository.head().id

    def fleet(self) -> Fleet:
        """The newest fleet."""
        gathering = Gathering(self._repository)
        return gathering.base(self._head, gathering.inventory())

    def add(self, document: Document, path: str) -> Edited:
        """A new Cluster in a file of its own; raises `SettingsInvalid` when there is one."""
        name = document["metadata"]["name"]
        taken = self._repository.store.tree(self._head).entries
        if any(one.name == name for one in self.fleet().clusters) or path in taken:
            raise SettingsInvalid(f"there is a Cluster {name}, or a file {path}, already")
        after = emit_yaml(document).decode()
        return Edited(path=path, before=None, after=after, subject=f"Join cluster {name}")

    def remove(self, name: str) -> Edited:
        """Without this Cluster."""
        path, text = self._place(name)
        after = with_document(text, KIND, name, None)
        return Edited(path=path, before=text, after=after or None, subject=f"Unjoin cluster {name}")

    def drain(self, name: str) -> Edited:
        """With the wish that its objects be deleted before it leaves."""
        subject = f"Drain cluster {name}: its objects are to be deleted"
        return self.change(name, subject, draining)

    def is_draining(self, name: str) -> bool:
        """Whether the newest commit says that."""
        return any(one.name == name and one.is_deleting for one in self.fleet().clusters)

    def left(self, name: str) -> tuple[ObjectKey, ...]:
        """What is recorded as ours on the cluster, in order."""
        recorded = Gathering(self._repository).state().recorded
        return tuple(sorted(recorded.get(name, frozenset())))

    def change(self, name: str, subject: str, edit: Callable[[Document], Document]) -> Edited:
        """With this Cluster changed."""
        path, text = self._place(name)
        after = with_document(text, KIND, name, edit(document_of(text, KIND, name)))
        return Edited(path=path, before=text, after=after, subject=subject)

    def write(self, edited: Edited, way: Way, branch: str = "") -> str:
        """Do it; where it can be found now. A commit goes to `branch`, `` for the source branch."""
        if way is Way.PATCH or edited.before == edited.after:
            return ""
        return self._in_file(edited) if way is Way.FILE else self._as_commit(edited, branch)

    def _place(self, name: str) -> tuple[str, str]:
        found = next((one for one in self.fleet().clusters if one.name == name), None)
        if found is None:
            raise SettingsInvalid(
                f"there is no Cluster {name} in the newest commit",
                hint="see the names with `reconciler cluster list`",
            )
        tree = self._repository.store.tree(self._head)
        text = tree.read(tree.entries[found.position.path].oid).decode()
        try:
            document_of(text, KIND, name)
        except KeyError:
            raise SettingsInvalid(
                f"the Cluster {name} in {found.position.path} is no document of its own",
                hint="edit that file by hand",
            ) from None
        return found.position.path, text

    def _in_file(self, edited: Edited) -> str:
        workdir: str | None = self._repository.store.repository.workdir
        if workdir is None or self._repository.remote is not None:
            raise SettingsInvalid(
                "there is no work tree to write to", hint="use --write commit or --write patch"
            )
        file = Path(workdir) / edited.path
        if edited.after is None:
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(edited.after, encoding="utf-8")
        return str(file)

    def _as_commit(self, edited: Edited, branch: str) -> str:
        repository = self._repository
        ref = BRANCHES + (branch or repository.branch)
        writer = BranchWriter(repository.store, repository.remote, owns=(ref,))
        data = None if edited.after is None else edited.after.encode()
        commit = writer.commit(
            ref,
            self._head,
            {edited.path: data},
            message=edited.subject,
            author=person(repository.store),
            time=SystemClock().now(),
        )
        if commit is None:
            raise SourceUnavailable("there is no commit to build on")
        expected = repository.store.tip(ref)
        if expected not in {None, self._head}:
            raise SettingsInvalid(f"{ref} exists and is not the newest commit of the source branch")
        writer.push([Move(ref=ref, expected=expected, new=commit)])
        return commit


def cluster_document(cluster: Cluster) -> Document:
    """A Cluster as people write it."""
    namespace, name = cluster.secret_ref or ("fleet", cluster.name)
    spec: Document = {
        "syncMode": cluster.sync_mode,
        "apiEndpoint": cluster.api_endpoint,
        "secretRef": {"namespace": namespace, "name": name},
    }
    optional: Mapping[str, Any] = {
        "insecureSkipTLSVerification": cluster.insecure_skip_tls_verification,
        "provider": cluster.provider,
        "region": cluster.region,
        "zones": list(cluster.zones),
    }
    spec |= {field: value for field, value in optional.items() if value}
    metadata: Document = {"name": cluster.name}
    if cluster.labels:
        metadata["labels"] = dict(sorted(cluster.labels.items()))
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}


def labelled(document: Document, added: Mapping[str, str], removed: frozenset[str]) -> Document:
    """With labels set and taken off."""
    metadata = dict(document["metadata"])
    labels = {**(metadata.get("labels") or {}), **added}
    labels = {key: value for key, value in sorted(labels.items()) if key not in removed}
    metadata.pop("labels", None)
    return {**document, "metadata": {**metadata, **({"labels": labels} if labels else {})}}


def draining(document: Document) -> Document:
    """With the annotation that empties the cluster."""
    metadata = dict(document["metadata"])
    annotations = {**(metadata.get("annotations") or {}), UNJOIN: DELETE}
    return {**document, "metadata": {**metadata, "annotations": annotations}}


def tainted(
    document: Document, added: tuple[Document, ...], removed: frozenset[tuple[str, str]]
) -> Document:
    """With taints set and taken off; `removed` are (key, effect), the effect `` for any."""
    spec = dict(document.get("spec") or {})
    replaced = {(one["key"], one["effect"]) for one in added}
    kept = [
        one
        for one in spec.get("taints") or ()
        if not {(one["key"], one["effect"]), (one["key"], "")} & (removed | replaced)
    ]
    taints = [*kept, *added]
    spec.pop("taints", None)
    return {**document, "spec": {**spec, **({"taints": taints} if taints else {})}}
