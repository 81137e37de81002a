"""The fleet as it was: what was placed where, and what was known of it, at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.audit.chronicle import moment_of, source_of
from reconciler.model.binding import BindingState
from reconciler.model.identity import ObjectKey
from reconciler.model.report import MemberStatus, TemplateStatus
from reconciler.model.source import Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One object on one cluster. `status` None: nothing was known of it yet."""

    key: ObjectKey
    cluster: str
    replicas: int
    status: MemberStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The fleet at `at`, when `source` was the last applied commit of the source branch."""

    at: str
    source: str
    rows: tuple[Standing, ...] = ()


def newest_before(commits: Iterable[Revision], moment: str) -> Revision | None:
    """The newest commit that is not younger than a moment (RFC 3339); commits newest first."""
    return next((one for one in commits if moment_of(one) <= moment), None)


def newest_of_source(commits: Iterable[Revision], sources: frozenset[str]) -> Revision | None:
    """The newest commit that came from one of these source commits; commits newest first."""
    return next((one for one in commits if source_of(one) in sources), None)


def standing(
    bindings: Mapping[ObjectKey, BindingState], statuses: Mapping[ObjectKey, TemplateStatus]
) -> tuple[Standing, ...]:
    """Every object on every cluster, its own places and those it was required on."""
    rows = []
    for key, binding in sorted(bindings.items()):
        shares = {target.name: target.replicas for target in binding.targets}
        for requirer in binding.requirers:
            shares |= {one.name: 0 for one in requirer.targets if one.name not in shares}
        known = {one.cluster: one for one in statuses[key].members} if key in statuses else {}
        rows += [
            Standing(key=key, cluster=name, replicas=count, status=known.get(name))
            for name, count in sorted(shares.items())
        ]
    return tuple(rows)
