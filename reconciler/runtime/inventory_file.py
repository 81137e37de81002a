"""`--clusters FILE`: an inventory of people's own, in place of the recorded one."""

from __future__ import annotations

from pathlib import Path

from reconciler.model.cluster import ClusterFacts
from reconciler.model.errors import SettingsInvalid
from reconciler.parse.decode import decode_cluster_facts
from reconciler.parse.yaml import Unreadable, read_documents


def inventory_of(path: Path) -> dict[str, ClusterFacts]:
    """Facts by cluster name of every Cluster document with a status; raises `SettingsInvalid`."""
    try:
        readings = read_documents(path.read_bytes())
    except (OSError, Unreadable) as error:
        raise SettingsInvalid(f"{path} cannot be read: {error}") from error
    problem = next((one.problem for one in readings if one.problem is not None), None)
    if problem is not None:
        raise SettingsInvalid(f"{path}:{problem.line}: {problem.message}")
    documents = [one.value for one in readings if isinstance(one.value, dict)]
    return {
        document["metadata"]["name"]: decode_cluster_facts(document["status"])
        for document in documents
        if document.get("kind") == "Cluster" and document.get("status")
    }
