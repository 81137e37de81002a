"""Which members may be acted on, and why others are left alone.

Rules (design §2, §6): a member that does not answer or has no credentials freezes itself; so does
one whose kube-system uid
is not the recorded one, or is not told any more, and two Clusters that turn out to be the same
member.

One that answers but does not count as ready yet is written to, and nothing is pruned there: placing
goes by what counts, so that what Git wants there may not be placed there again. Karmada's execution
controller leaves the objects of a deleted Work as long as the cluster is not ready.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model.cluster import Cluster
from reconciler.model.diagnostic import Diagnostic, Effect, Severity
from reconciler.model.text import count_of
from reconciler.model.world import Observed, World

UNREADABLE, OTHER_MEMBER, SAME_MEMBER, LEFT_BEHIND = "RC080", "RC081", "RC082", "RC083"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCheck:
    """`observed` has the members that may be acted on; `frozen` the others, by name and reason.

    `unready` are those that do not count as ready, whether they answer or not.
    """

    observed: Mapping[str, Observed]
    unready: frozenset[str] = frozenset()
    frozen: Mapping[str, str] = field(default_factory=dict)
    uids: Mapping[str, str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()


def checked_members(clusters: tuple[Cluster, ...], world: World) -> MemberCheck:
    """The members of the fleet, sorted into those to act on and those to leave alone."""
    diagnostics = [*_problems(clusters, world), *_left_behind(clusters, world)]
    frozen = {
        one.subject.removeprefix("cluster "): one.message
        for one in diagnostics
        if one.effect is Effect.FREEZE_MEMBER
    }
    return MemberCheck(
        observed={
            cluster.name: seen
            for cluster in clusters
            if cluster.name not in frozen and (seen := world.observed.get(cluster.name)) is not None
        },
        unready=frozenset(cluster.name for cluster in clusters if not cluster.is_ready),
        frozen=frozen,
        uids={
            cluster.name: cluster.facts.uid
            for cluster in clusters
            if cluster.name not in frozen and cluster.facts is not None and cluster.facts.uid
        },
        diagnostics=tuple(diagnostics),
    )


def _problems(clusters: tuple[Cluster, ...], world: World) -> Iterator[Diagnostic]:
    uids = Counter(one.facts.uid for one in clusters if one.facts is not None and one.facts.uid)
    for cluster in clusters:
        uid = cluster.facts.uid if cluster.facts is not None else ""
        recorded = world.state.member_uids.get(cluster.name, uid)
        if cluster.name in world.unreadable:
            yield _frozen(
                cluster,
                UNREADABLE,
                world.unreadable[cluster.name],
                "nothing of it is changed until it can be read again",
            )
        elif uid and uids[uid] > 1:
            yield _frozen(
                cluster,
                SAME_MEMBER,
                f"{cluster.name} is the same member as another Cluster of this fleet",
                "give every Cluster its own endpoint and credentials",
            )
        elif recorded and not uid and world.observed.get(cluster.name) is not None:
            yield _frozen(
                cluster,
                OTHER_MEMBER,
                f"{cluster.name} does not say any more which member it is",
                "let the credentials read the namespace kube-system",
            )
        elif uid and recorded and recorded != uid:
            yield _frozen(
                cluster,
                OTHER_MEMBER,
                f"{cluster.name} is another member than the one recorded under this name",
                "point the Cluster at the recorded member again, or give it another name",
            )


def _frozen(cluster: Cluster, code: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(
        code=code,
        message=message,
        effect=Effect.FREEZE_MEMBER,
        position=cluster.position,
        hint=hint,
        subject=f"cluster {cluster.name}",
    )


def _left_behind(clusters: Iterable[Cluster], world: World) -> Iterator[Diagnostic]:
    """Removing a Cluster document is `unjoin --keep`: what remains there is only listed."""
    names = {cluster.name for cluster in clusters}
    for name, keys in world.state.recorded.items():
        if name not in names and keys:
            yield Diagnostic(
                code=LEFT_BEHIND,
                message=f"{name} has left the fleet; {count_of(len(keys), 'object')} left there",
                severity=Severity.WARNING,
                effect=Effect.NONE,
                hint="delete them there by hand or bring the Cluster back; "
                f"`reconciler cluster forget {name}` says that they may stay",
                subject=f"cluster {name}",
            )
