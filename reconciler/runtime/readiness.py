"""Readiness of members: when a flip counts, and what is known of one that does not answer.

Karmada: a flip of the Ready condition counts once it has persisted for 30 s, both ways
(karmada-semantics §2.18). Whether a member may be *written* to is another question: one that does
not answer is left alone at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from reconciler.model.cluster import ClusterFacts, Condition

READY: Final = "Ready"
FLIP_SECONDS: Final = 30.0


def with_last_known(probed: ClusterFacts, known: ClusterFacts | None) -> ClusterFacts:
    """Fresh facts; of a member that is not ready its last facts with the new Ready condition.

    What cannot be read is not gone: its APIs, version and capacity stay as they were.
    """
    ready = probed.condition(READY)
    if known is None or ready is None or ready.status == "True":
        return probed
    others = tuple(one for one in known.conditions if one.type != READY)
    return replace(known, conditions=(ready, *others), uid=probed.uid or known.uid)


@dataclass(slots=True)
class Hysteresis:
    """The Ready condition that counts, of all that were seen. Times are arguments, in seconds.

    A member that fails in ever other words has said the same: every decision looks at its facts.
    """

    seconds: float = FLIP_SECONDS
    _counts: Condition | None = None
    _other_since: float | None = None

    def seen(self, ready: Condition, now: float, stamp: str) -> Condition:
        """The condition that counts now; its last transition is the moment it began to count."""
        counts = self._counts
        if counts is None:
            self._counts = replace(ready, last_transition=stamp)
        elif counts.status == ready.status:
            self._other_since = None
            if counts.reason != ready.reason:
                self._counts = replace(ready, last_transition=counts.last_transition)
        elif self._other_since is None:
            self._other_since = now
        elif now - self._other_since >= self.seconds:
            self._other_since = None
            self._counts = replace(ready, last_transition=stamp)
        assert self._counts is not None
        return self._counts
