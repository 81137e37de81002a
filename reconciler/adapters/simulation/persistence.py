"""State of simulated clusters in one SQLite file, so that a restart finds what was there."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from reconciler.adapters.simulation.definitions import DEFINITIONS, settle
from reconciler.adapters.simulation.store import Event

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster

_SCHEMA = """
create table if not exists objects (
    cluster text, api_group text, plural text, namespace text, name text, manifest blob,
    primary key (cluster, api_group, plural, namespace, name)
);
create table if not exists clusters (name text primary key, version text, revision integer);
"""


class StateFile:
    """One file for all clusters of a fleet. `save()` makes what was written last."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.executescript(_SCHEMA)
        self._lock = threading.Lock()
        self._clusters: list[SimulatedCluster] = []

    def attach(self, cluster: SimulatedCluster) -> None:
        """Load what the file has of this cluster, then follow its writes."""
        row = self._connection.execute(
            "select revision from clusters where name = ?", (cluster.name,)
        ).fetchone()
        if row is not None:
            self._load(cluster, row[0])
        else:
            for table in cluster.store.tables.values():
                for key, manifest in table.scan():
                    self._write(cluster, table.name, key, manifest)
        cluster.store.listeners.append(lambda name, event: self._follow(cluster, name, event))
        self._clusters.append(cluster)
        self.save()

    def _load(self, cluster: SimulatedCluster, revision: int) -> None:
        cluster.store.tables.clear()
        rows = self._connection.execute(
            "select api_group, plural, namespace, name, manifest from objects where cluster = ?",
            (cluster.name,),
        )
        for group, plural, namespace, name, manifest in rows:
            table = cluster.store.table((group, plural))
            table.objects[namespace, name] = orjson.loads(manifest)
        cluster.store.revision = revision
        cluster.store.compact()
        cluster.reindex()
        for key in list(cluster.store.table(DEFINITIONS).keys()):
            settle(cluster, key)

    def _follow(self, cluster: SimulatedCluster, name: tuple[str, str], event: Event) -> None:
        if event.type == "DELETED":
            with self._lock:
                self._connection.execute(
                    "delete from objects where cluster = ? and api_group = ? and plural = ? "
                    "and namespace = ? and name = ?",
                    (cluster.name, *name, *event.key),
                )
        else:
            self._write(cluster, name, event.key, event.manifest)

    def _write(
        self,
        cluster: SimulatedCluster,
        name: tuple[str, str],
        key: tuple[str, str],
        manifest: dict[str, Any],
    ) -> None:
        row = (cluster.name, *name, *key, orjson.dumps(manifest))
        with self._lock:
            self._connection.execute(
                "insert or replace into objects values (?, ?, ?, ?, ?, ?)", row
            )

    def save(self) -> None:
        """Commit what was written since the last time."""
        with self._lock:
            for cluster in self._clusters:
                self._connection.execute(
                    "insert or replace into clusters values (?, ?, ?)",
                    (cluster.name, cluster.version, cluster.store.revision),
                )
            self._connection.commit()

    def close(self) -> None:
        self.save()
        self._connection.close()
