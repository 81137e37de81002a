"""Webster (Sainte-Laguë): seats handed out one after another to the party with the largest
votes / (2·seats + 1).

Karmada divides replicas and Job completions so (karmada-semantics §2.9, Dispenser). Equal quotients
go to the party with fewer seats, then by name: ascending, or descending when the lowest bit of the
FNV-1a hash of the seed is set.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from reconciler.model.identity import fnv32a


def divide(total: int, votes: Mapping[str, int], *, seed: str = "") -> dict[str, int]:
    """Seats by party, sorted by name, 0 for parties that get none.

    Nobody gets anything when all votes are 0. Quotients are 64-bit floats, as in the reference.
    """
    everything = sum(votes.values())
    seats = _guaranteed(total, votes) if everything > 0 else dict.fromkeys(votes, 0)
    if everything <= 0:
        return dict(sorted(seats.items()))
    is_descending = bool(seed) and bool(fnv32a(seed) & 1)
    ranks = {name: rank for rank, name in enumerate(sorted(votes, reverse=is_descending))}
    queue = [
        (-votes[name] / (2 * seats[name] + 1), seats[name], ranks[name], name) for name in votes
    ]
    heapq.heapify(queue)
    for _ in range(total - sum(seats.values())):
        _, held, rank, name = queue[0]
        seats[name] = held + 1
        heapq.heapreplace(queue, (-votes[name] / (2 * held + 3), held + 1, rank, name))
    return dict(sorted(seats.items()))


def _guaranteed(total: int, votes: Mapping[str, int]) -> dict[str, int]:
    """Seats every party has for certain, so that large totals need no long loop.

    At most (sum / q + n) / 2 quotients of n parties reach q, which is `total` for
    q = sum / (2 * total - n): those that do are among the largest. One seat less than that leaves
    room for the rounding of quotients; no more than about 2 * n seats remain to be handed out.
    """
    scale = 2 * total - len(votes)
    if scale <= 0:
        return dict.fromkeys(votes, 0)
    everything = sum(votes.values())
    return {name: max(0, (vote * scale // everything + 1) // 2 - 1) for name, vote in votes.items()}
