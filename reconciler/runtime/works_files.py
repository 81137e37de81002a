"""Works branches: the rendered Works of one cluster, one file an object, for whoever follows them.

Rules (design §5): byte-stable; values of Secrets are withheld unless `writeBack.secrets: plain`,
and the Work is left out then,
with a Diagnostic, for half a Secret would overwrite a whole one.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from reconciler.model.cluster import Cluster
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Diagnostic, Effect, Severity
from reconciler.model.emit import emit_yaml
from reconciler.model.identity import ObjectKey
from reconciler.model.paths import object_paths
from reconciler.model.work import Work

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
    paths = object_paths((key.namespace, key.group, key.kind, key.name) for key in shown)
    return {
        paths[key.namespace, key.group, key.kind, key.name]: emit_yaml(
            orjson.loads(works[key].manifest_bytes())
        )
        for key in shown
    }


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
    return (key.group, key.kind) == ("", "Secret")
