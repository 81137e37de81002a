"""Works branches: the rendered Works of one cluster, one file an object, for whoever follows them.

Rules (design §5): byte-stable; values of Secrets are withheld unless `writeBack.secrets: plain`,
and the Work is left out then,
with a Diagnostic, for half a Secret would overwrite a whole one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import orjson

from reconciler.adapters.writeback.branches import BranchContent
from reconciler.model.cluster import Cluster
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Diagnostic, Effect, Severity
from reconciler.model.emit import emit_yaml
from reconciler.model.identity import ObjectKey
from reconciler.model.paths import object_paths
from reconciler.model.work import Work
from reconciler.model.works import ClusterWorks, ObjectWorks, WorkClass

WITHHELD = "RC070"
_ALL = "all"


def accompanied_clusters(config: FleetConfig, clusters: tuple[Cluster, ...]) -> tuple[str, ...]:
    """Clusters that are written to and have a works branch beside that."""
    if config.write_back.works != _ALL:
        return ()
    return tuple(cluster.name for cluster in clusters if not cluster.is_pulling)


def works_files(works: Mapping[ObjectKey, Work], config: FleetConfig) -> dict[str, bytes]:
    """Files by path; Secrets only where the fleet says so."""
    shown = [key for key in works if config.write_back.has_secrets or not key.is_secret]
    paths = paths_of(shown)
    return {paths[key]: encoded(works[key].manifest_bytes()) for key in shown}


Objects = Mapping[ObjectKey, ObjectWorks]


@dataclass(frozen=True, slots=True)
class _Written:
    """What one cluster's branch holds at a commit: its part of the Works of a fleet."""

    tip: str
    secrets: str
    objects: Objects
    paths: Mapping[ObjectKey, str]
    has_leftovers: bool = False


class WorksFiles:
    """Turns Works into files of their branches; remembers what it wrote, so that only what changed
    is encoded. Which objects are others than before is found once for all clusters.
    """

    def __init__(self) -> None:
        self._written: dict[str, _Written] = {}
        self._compared: tuple[Objects, Objects, tuple[ObjectKey, ...]] = ({}, {}, ())

    def changes(
        self, cluster: str, works: ClusterWorks, config: FleetConfig, tip: str | None
    ) -> Changes | None:
        """What changed since the commit `tip`; None when that commit is not known here, or had
        files of no Work.
        """
        last, secrets = self._written.get(cluster), config.write_back.secrets
        if last is None or last.has_leftovers or (last.tip, last.secrets) != (tip, secrets):
            return None
        changed = [
            (
                key,
                _class_on(cluster, last.objects.get(key)),
                _class_on(cluster, works.objects.get(key)),
            )
            for key in self._changed(last.objects, works.objects)
            if config.write_back.has_secrets or not key.is_secret
        ]
        if any((before is None) is not (after is None) for _, before, after in changed):
            return self._rearranged(works, config, last)
        files: dict[str, bytes | None] = {
            last.paths[key]: encoded(works[key].manifest_bytes())
            for key, before, after in changed
            if not _is_same(before, after)
        }
        return Changes(files=files, written=_Written(last.tip, secrets, works.objects, last.paths))

    def _changed(self, before: Objects, after: Objects) -> tuple[ObjectKey, ...]:
        """Identities that are another object than before, or none."""
        known = self._compared
        if known[0] is not before or known[1] is not after:
            others = [key for key, one in after.items() if before.get(key) is not one]
            gone = before.keys() - after.keys()
            known = self._compared = (before, after, (*others, *gone))
        return known[2]

    def _rearranged(self, works: ClusterWorks, config: FleetConfig, last: _Written) -> Changes:
        """Changes after which the branch has other files than before: names that differ only in
        case depend on each other.
        """
        classes = _shown(works.classes(), config)
        paths = paths_of(classes)
        gone = (key for key in last.paths if paths.get(key) != last.paths[key])
        files: dict[str, bytes | None] = {last.paths[key]: None for key in gone}
        for key, one in classes.items():
            before = last.objects.get(key)
            is_there = last.paths.get(key) == paths[key]
            if not is_there or not _is_same(_class_on(works.cluster, before), one):
                files[paths[key]] = encoded(works[key].manifest_bytes())
        return Changes(files=files, written=_Written(last.tip, last.secrets, works.objects, paths))

    def all(
        self,
        works: ClusterWorks,
        config: FleetConfig,
        leftovers: Mapping[str, bytes] = MappingProxyType({}),
    ) -> Changes:
        """Every file, and those of no Work that stay."""
        classes, secrets = _shown(works.classes(), config), config.write_back.secrets
        paths = paths_of(classes)
        return Changes(
            files={
                **leftovers,
                **{paths[key]: encoded(works[key].manifest_bytes()) for key in classes},
            },
            written=_Written("", secrets, works.objects, paths, bool(leftovers)),
        )

    def remember(self, cluster: str, changes: Changes, tip: str) -> None:
        """That the branch holds this at a commit."""
        self._written[cluster] = replace(changes.written, tip=tip)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Files to write (bytes) or remove (None), and what the branch holds afterwards."""

    files: Mapping[str, bytes | None]
    written: _Written


def leftovers(content: BranchContent, keys: Iterable[ObjectKey]) -> dict[str, bytes]:
    """The files of these objects as they stand on a branch, by path."""
    paths = paths_of(keys).values()
    return {path: data for path in paths if (data := content.read(path)) is not None}


def _class_on(cluster: str, works: ObjectWorks | None) -> WorkClass | None:
    return None if works is None else works.classes.get(cluster)


def _is_same(before: WorkClass | None, after: WorkClass | None) -> bool:
    """Whether both come to the same file."""
    if before is None or after is None:
        return before is after
    return before is after or (
        before.body.digest == after.body.digest and before.origin.name == after.origin.name
    )


def _shown(classes: dict[ObjectKey, WorkClass], config: FleetConfig) -> dict[ObjectKey, WorkClass]:
    if config.write_back.has_secrets:
        return classes
    for key in [key for key in classes if key.is_secret]:
        del classes[key]
    return classes


def paths_of(keys: Iterable[ObjectKey]) -> dict[ObjectKey, str]:
    """Where each of these objects stands on a branch that has all of them."""
    keys = list(keys)
    paths = object_paths((key.namespace, key.group, key.kind, key.name) for key in keys)
    return {key: paths[key.namespace, key.group, key.kind, key.name] for key in keys}


def encoded(manifest: bytes) -> bytes:
    """The file of a manifest."""
    return emit_yaml(orjson.loads(manifest))


def withheld(
    works: Mapping[ObjectKey, Work], cluster: str, config: FleetConfig
) -> list[Diagnostic]:
    """One warning for a cluster whose Secrets are not distributed."""
    secrets = [key for key in works if key.is_secret]
    if not secrets or config.write_back.has_secrets:
        return []
    return [
        Diagnostic(
            code=WITHHELD,
            message=f"{len(secrets)} Secrets of {cluster} are not written to its works branch",
            severity=Severity.WARNING,
            effect=Effect.NONE,
            hint="use SealedSecrets or ExternalSecrets, or set writeBack.secrets: plain",
            subject=f"cluster {cluster}",
        )
    ]
