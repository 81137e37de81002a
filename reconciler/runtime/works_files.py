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
from reconciler.model.works import ClusterWorks, WorkClass

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


@dataclass(frozen=True, slots=True)
class _Written:
    """What one cluster's branch holds at a commit."""

    tip: str
    secrets: str
    classes: dict[ObjectKey, WorkClass]
    paths: Mapping[ObjectKey, str]


class WorksFiles:
    """Turns Works into files of their branches; remembers what it wrote, so that only what changed
    is encoded.
    """

    def __init__(self) -> None:
        self._written: dict[str, _Written] = {}

    def changes(
        self, cluster: str, works: ClusterWorks, config: FleetConfig, tip: str | None
    ) -> Changes | None:
        """What changed since the commit `tip`; None when that commit is not known here."""
        last, secrets = self._written.get(cluster), config.write_back.secrets
        if last is None or last.tip != tip or last.secrets != secrets:
            return None
        classes = _shown(works.classes(), config)
        changed = [key for key, one in classes.items() if last.classes.get(key) is not one]
        has_same_keys = len(classes) == len(last.classes) and all(
            key in last.classes for key in changed
        )
        paths = last.paths if has_same_keys else _paths(classes)
        files: dict[str, bytes | None] = {}
        if not has_same_keys:
            gone = (key for key in last.classes if paths.get(key) != last.paths[key])
            files = {last.paths[key]: None for key in gone}
            changed = list(classes)
        for key in changed:
            if not _is_written(last, key, classes[key], paths[key]):
                files[paths[key]] = _encoded(works[key])
        return Changes(files=files, written=_Written(last.tip, secrets, classes, paths))

    def all(self, works: ClusterWorks, config: FleetConfig) -> Changes:
        """Every file."""
        classes = _shown(works.classes(), config)
        paths = _paths(classes)
        return Changes(
            files={paths[key]: _encoded(works[key]) for key in classes},
            written=_Written("", config.write_back.secrets, classes, paths),
        )

    def remember(self, cluster: str, changes: Changes, tip: str) -> None:
        """That the branch holds this at a commit."""
        self._written[cluster] = replace(changes.written, tip=tip)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Files to write (bytes) or remove (None), and what the branch holds afterwards."""

    files: Mapping[str, bytes | None]
    written: _Written


def _is_written(last: _Written, key: ObjectKey, one: WorkClass, path: str) -> bool:
    known = last.classes.get(key)
    if known is None or last.paths[key] != path:
        return False
    return known is one or (
        known.body.digest == one.body.digest and known.origin.name == one.origin.name
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
