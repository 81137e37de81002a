"""What became of a cluster between two commits, in words: taints and labels move objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.model.cluster import Cluster, Taint
from reconciler.model.pointers import Pointer

_MOST_NAMED: Final = 3
#: Plain fields: attribute, what people call it, where it is written.
_FIELDS: Final[tuple[tuple[str, str, Pointer], ...]] = (
    ("region", "region", ("spec", "region")),
    ("zones", "zones", ("spec", "zones")),
    ("provider", "provider", ("spec", "provider")),
    ("sync_mode", "syncMode", ("spec", "syncMode")),
    ("resource_models", "resourceModels", ("spec", "resourceModels")),
    ("is_deleting", "its leaving", ("metadata", "annotations")),
)


def cluster_changes(old: Cluster, new: Cluster) -> tuple[str, Pointer]:
    """`taint maintenance=yes:NoSchedule added; label tier changed`, and where the first is written;
    nothing where objects do not care.
    """
    found = [*_taints(old.taints, new.taints), *_labels(old.labels, new.labels)]
    for name, word, pointer in _FIELDS:
        if getattr(old, name) != getattr(new, name):
            found.append((f"{word} changed", pointer))
    if not found:
        return "", ()
    rest = len(found) - _MOST_NAMED
    clauses = [clause for clause, _ in found[:_MOST_NAMED]]
    clauses += [f"{rest} more"] if rest > 0 else []
    return "; ".join(clauses), found[0][1]


def _taints(old: tuple[Taint, ...], new: tuple[Taint, ...]) -> Iterator[tuple[str, Pointer]]:
    before, after = ({_taint(one) for one in taints} for taints in (old, new))
    for clause, names in (("added", after - before), ("gone", before - after)):
        for name in sorted(names):
            yield f"taint {name} {clause}", ("spec", "taints")


def _taint(taint: Taint) -> str:
    value = f"={taint.value}" if taint.value else ""
    return f"{taint.key}{value}:{taint.effect}"


def _labels(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, Pointer]]:
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            clause = "gone" if name not in new else "added" if name not in old else "changed"
            yield f"label {name} {clause}", ("metadata", "labels", name)
