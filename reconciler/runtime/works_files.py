"""Works branches: the rendered Works of one cluster, one file an object, for whoever follows them.

Rules (design §5): byte-stable; values of Secrets are withheld unless `writeBack.secrets: plain`,
and the Work is left out then,
with a Diagnostic, for half a Secret would overwrite a whole one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import orjson

from reconciler.model.cluster import Cluster
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Diagnostic, Effect, Severity
from reconciler.model.emit import emit_yaml
from reconciler.model.identity import ObjectKey
from reconciler.model.paths import object_paths
from reconciler.model.work import Work
from reconciler.model.works import ClusterWorks, ObjectWorks, WorkClass

WITHHELD = "RC070"
_PLAIN, _ALL, _NONE = "plain", "all", "none"


def followed_clusters(config: FleetConfig, clusters: tuple[Cluster, ...]) -> tuple[str, ...]:
    """Clusters that have a works branch."""
    if config.write_back.works == _NONE:
        return ()
    return tuple(
        cluster.name
        for cluster in clusters
        if config.write_back.works == _ALL or cluster.sync_mode == "Pull"
    )


def works_files(works: Mapping[ObjectKey, Work], config: FleetConfig) -> dict[str, bytes]:
    """Files by path; Secrets only where the fleet says so."""
    shown = [key for key in works if config.write_back.secrets == _PLAIN or not is_secret(key)]
    paths = _paths(shown)
    return {paths[key]: _encoded(works[key]) for key in shown}


Objects = Mapping[ObjectKey, ObjectWorks]


@dataclass(frozen=True, slots=True)
class _Written:
    """What one cluster's branch holds at a commit: its part of the Works of a fleet."""

    tip: str
    secrets: str
    objects: Objects
    paths: Mapping[ObjectKey, str]


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
        """What changed since the commit `tip`; None when that commit is not known here."""
        last, secrets = self._written.get(cluster), config.write_back.secrets
        if last is None or last.tip != tip or last.secrets != secrets:
            return None
        changed = [
            (
                key,
                _class_on(cluster, last.objects.get(key)),
                _class_on(cluster, works.objects.get(key)),
            )
            for key in self._changed(last.objects, works.objects)
            if secrets == _PLAIN or not is_secret(key)
        ]
        if any((before is None) is not (after is None) for _, before, after in changed):
            return self._rearranged(works, config, last)
        files: dict[str, bytes | None] = {
            last.paths[key]: _encoded(works[key])
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
        paths = _paths(classes)
        gone = (key for key in last.paths if paths.get(key) != last.paths[key])
        files: dict[str, bytes | None] = {last.paths[key]: None for key in gone}
        for key, one in classes.items():
            before = last.objects.get(key)
            is_there = last.paths.get(key) == paths[key]
            if not is_there or not _is_same(_class_on(works.cluster, before), one):
                files[paths[key]] = _encoded(works[key])
        return Changes(files=files, written=_Written(last.tip, last.secrets, works.objects, paths))

    def all(self, works: ClusterWorks, config: FleetConfig) -> Changes:
        """Every file."""
        classes = _shown(works.classes(), config)
        paths = _paths(classes)
        return Changes(
            files={paths[key]: _encoded(works[key]) for key in classes},
            written=_Written("", config.write_back.secrets, works.objects, paths),
        )

    def remember(self, cluster: str, changes: Changes, tip: str) -> None:
        """That the branch holds this at a commit."""
        self._written[cluster] = replace(changes.written, tip=tip)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Files to write (bytes) or remove (None), and what the branch holds afterwards."""

    files: Mapping[str, bytes | None]
    written: _Written


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
    if config.write_back.secrets == _PLAIN:
        return classes
    for key in [key for key in classes if is_secret(key)]:
        del classes[key]
    return classes


def _paths(keys: Iterable[ObjectKey]) -> dict[ObjectKey, str]:
    keys = list(keys)
    paths = object_paths((key.namespace, key.group, key.kind, key.name) for key in keys)
    return {key: paths[key.namespace, key.group, key.kind, key.name] for key in keys}


def _encoded(work: Work) -> bytes:
    return emit_yaml(orjson.loads(work.manifest_bytes()))


def withheld(
    works: Mapping[ObjectKey, Work], cluster: str, config: FleetConfig
) -> list[Diagnostic]:
    """One warning for a cluster whose Secrets are not distributed."""
    secrets = [key for key in works if is_secret(key)]
    if not secrets or config.write_back.secrets == _PLAIN:
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


def is_secret(key: ObjectKey) -> bool:
    """Whether an object is a Secret, whose values no branch carries."""
    return key.kind == "Secret" and not key.group
