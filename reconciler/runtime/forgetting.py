"""Forgetting: what is left on a cluster that went is listed (RC083) until somebody says that it may
stay, by the trailer `Forget-Cluster: <name>` of a commit on the source branch.

Rules: nothing is ever deleted by it, and a cluster that is in the fleet is not forgotten. Who comes
back under a name that was forgotten is a new member.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.git import BranchWriter
from reconciler.adapters.git.person import person
from reconciler.adapters.writeback.messages import commit_message
from reconciler.cycle.members import LEFT_BEHIND
from reconciler.model.errors import SettingsInvalid
from reconciler.model.source import Move
from reconciler.model.text import count_of
from reconciler.model.trailers import FORGET_CLUSTER
from reconciler.model.world import Outcome
from reconciler.runtime.gathering import Gathering
from reconciler.runtime.repository import BRANCHES, FleetRepository


def without(outcome: Outcome, names: frozenset[str]) -> Outcome:
    """The outcome whose state knows nothing of these clusters, as far as they are gone."""
    gone = names - {cluster.name for cluster in outcome.fleet.clusters}
    if not gone:
        return outcome
    state = outcome.state
    said = {f"cluster {name}" for name in gone}
    return replace(
        outcome,
        state=replace(
            state,
            recorded={name: keys for name, keys in state.recorded.items() if name not in gone},
            member_uids={name: uid for name, uid in state.member_uids.items() if name not in gone},
        ),
        diagnostics=tuple(
            one
            for one in outcome.diagnostics
            if not (one.code == LEFT_BEHIND and one.subject in said)
        ),
    )


def forget(repository: FleetRepository, name: str) -> str:
    """Make and push the commit that says so; its id. Raises `PushRaced` or `PushRejected`."""
    gathering, head = Gathering(repository), repository.head()
    if any(one.name == name for one in gathering.base(head.id, {}).clusters):
        raise SettingsInvalid(
            f"the cluster {name} is in the fleet", hint="take it out with `cluster unjoin` first"
        )
    left = gathering.state().recorded.get(name, frozenset())
    if not left:
        raise SettingsInvalid(f"nothing is known of a cluster {name}")
    ref = BRANCHES + repository.branch
    writer = BranchWriter(repository.store, repository.remote, owns=(ref,))
    commit = writer.mark(
        ref,
        head.id,
        message=commit_message(
            f"Forget cluster {name}",
            body=(f"{count_of(len(left), 'object')} left there.",),
            trailers=((FORGET_CLUSTER, name),),
        ),
        author=person(repository.store),
        time=SystemClock().now(),
    )
    writer.push([Move(ref=ref, expected=head.id, new=commit)])
    return commit
