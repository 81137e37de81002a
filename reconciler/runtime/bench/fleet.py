"""A made-up fleet as files of a repository, and one-file changes of every kind to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.model.emit import emit_yaml
from reconciler.model.source import EntryKind, SourceFile
from reconciler.runtime.bench import documents as made
from reconciler.runtime.bench.documents import APPS_OF_A_TEAM, OBJECTS_OF_AN_APP, Document

#: One object in so many has an override for every cluster of its own.
_OVERRIDDEN: Final = 20

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFleet:
    """A fleet of about so many objects on so many clusters."""

    objects: int
    clusters: int

    @property
    def apps(self) -> int:
        """Applications; namespaces count as objects."""
        objects_of_a_team = APPS_OF_A_TEAM * OBJECTS_OF_AN_APP + 1
        return max(1, self.objects * APPS_OF_A_TEAM // objects_of_a_team)

    @property
    def teams(self) -> int:
        """Namespaces."""
        return -(-self.apps // APPS_OF_A_TEAM)

    def files(self) -> Files:
        """Every file of the repository."""
        files = {
            "reconciler.yaml": emit_yaml(made.config()),
            "overrides/registries.yaml": emit_yaml(made.registries()),
        }
        for number in range(self.clusters):
            files |= {_cluster_path(number): emit_yaml(made.cluster(number))}
        for team in range(self.teams):
            folder = f"teams/{made.team_name(team)}"
            files[f"{folder}/namespace.yaml"] = emit_yaml(made.namespace(team))
            files[f"{folder}/policies.yaml"] = _documents(made.policies(team))
            files[f"{folder}/ring.yaml"] = emit_yaml(made.team_override(team))
        for number in range(self.apps):
            files |= self._app(number)
        return files

    def change(self, kind: str, turn: int) -> Files:
        """The one file that the `turn`-th change of a kind writes."""
        return CHANGES[kind](self, turn)

    def images(self, image: str) -> Files:
        """The files that give every workload another image."""
        workloads = (made.app(number, self.clusters, image=image)[0] for number in range(self.apps))
        return _app_files(workloads)

    def _app(self, number: int) -> Files:
        files = _app_files(made.app(number, self.clusters))
        if number % (_OVERRIDDEN // OBJECTS_OF_AN_APP) == 0:
            files[_own_path(number)] = emit_yaml(made.own_override(number, self.clusters))
        return files


def _app_files(objects: Iterable[Document]) -> Files:
    return {_object_path(one): emit_yaml(one) for one in objects}


def _object_path(one: Document) -> str:
    metadata = one["metadata"]
    return f"teams/{metadata['namespace']}/{metadata['name']}/{one['kind'].lower()}.yaml"


def _documents(documents: Iterable[Document]) -> bytes:
    return b"---\n".join(emit_yaml(one) for one in documents)


def _cluster_path(number: int) -> str:
    return f"clusters/{made.cluster_name(number)}.yaml"


def _own_path(number: int) -> str:
    return f"teams/{made.team_of(number)}/{made.app_name(number)}/override.yaml"


def _template(fleet: MadeFleet, turn: int) -> Files:
    """Another image of one workload."""
    workload = made.app(turn % fleet.apps, fleet.clusters, image=f"1.1.{turn}")[0]
    return _app_files([workload])


def _policy(fleet: MadeFleet, turn: int) -> Files:
    """One cluster less, or one more again, for what a team propagates."""
    team, excluded = turn // 2 % fleet.teams, turn % 2 == 0
    names = (made.cluster_name(turn // 2 % fleet.clusters),) if excluded else ()
    path = f"teams/{made.team_name(team)}/policies.yaml"
    return {path: _documents(made.policies(team, excluded=names))}


def _override(fleet: MadeFleet, turn: int) -> Files:
    """Other values of one object on every cluster."""
    step = _OVERRIDDEN // OBJECTS_OF_AN_APP
    number = turn * step % (-(-fleet.apps // step) * step)
    override = made.own_override(number, fleet.clusters, level=f"level-{turn}")
    return {_own_path(number): emit_yaml(override)}


def _label(fleet: MadeFleet, turn: int) -> Files:
    """A label of one cluster that no policy speaks of."""
    number = turn % fleet.clusters
    document = made.cluster(number)
    document["metadata"]["labels"]["rack"] = f"rack-{turn}"
    return {_cluster_path(number): emit_yaml(document)}


def _ring(fleet: MadeFleet, turn: int) -> Files:
    """The label of one cluster that a third of all teams' overrides speak of."""
    number = turn % fleet.clusters
    document = made.cluster(number)
    document["metadata"]["labels"]["ring"] = str((number + 1 + turn // fleet.clusters) % 3)
    return {_cluster_path(number): emit_yaml(document)}


def _config(_fleet: MadeFleet, turn: int) -> Files:
    """Another guard."""
    return {"reconciler.yaml": emit_yaml(made.config(percent=6 + turn % 20))}


#: Kind of change -> the file it writes.
CHANGES: Final[Mapping[str, Callable[[MadeFleet, int], Files]]] = {
    "template": _template,
    "policy": _policy,
    "override": _override,
    "cluster label": _label,
    "FleetConfig": _config,
    "cluster label of many overrides": _ring,
}


def source_files(files: Mapping[str, bytes]) -> dict[str, SourceFile]:
    """The files as a tree that was read; ids are made from path and content."""
    return {
        path: SourceFile(
            path=path,
            oid=f"{path}:{hash(data)}",
            size=len(data),
            kind=EntryKind.BLOB,
            data=data,
        )
        for path, data in files.items()
    }
