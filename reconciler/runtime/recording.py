"""State commits: decisions grouped by cause, then what else changed, in one push.

One commit per decision or group of decisions of one cause; generation bumps and the cursor share
the last one (design
§5). The log of the branch is the placement audit: a subject says what happened in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.model.binding import Target
from reconciler.model.change import PlacementChange
from reconciler.model.identity import ObjectKey
from reconciler.model.trailers import CAUSE, SOURCE_COMMIT
from reconciler.model.world import Outcome, State
from reconciler.runtime.state_files import StateFiles, binding_path

_MOST_COMMITS = 20
_MOST_LINES = 50

Files = dict[str, bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One commit of the state branch."""

    subject: str
    body: tuple[str, ...]
    trailers: tuple[tuple[str, str], ...]
    files: Mapping[str, bytes | None]


def records(outcome: Outcome, before: State, files: StateFiles) -> list[Record]:
    """The commits that take the state branch from `before` to the outcome's state."""
    bindings = files.bindings(outcome, before)
    groups = _groups(outcome)
    written: set[str] = set()
    commits = []
    for cause, moves in list(groups.items())[:_MOST_COMMITS]:
        paths = {binding_path(move.key) for move in moves} & bindings.keys()
        written |= paths
        commits.append(
            Record(
                subject=_subject(cause, moves),
                body=tuple(describe(move) for move in moves[:_MOST_LINES]),
                trailers=_trailers(outcome, cause),
                files={path: bindings[path] for path in paths},
            )
        )
    rest: Files = {path: data for path, data in bindings.items() if path not in written}
    rest |= files.cursor(outcome.state)
    rest |= files.ledgers(outcome.state, before)
    commits.append(
        Record(
            subject=f"Record commit {outcome.state.applied_revision[:12]}",
            body=(),
            trailers=_trailers(outcome, "source commit"),
            files=rest,
        )
    )
    return commits


def _groups(outcome: Outcome) -> dict[str, list[PlacementChange]]:
    groups: dict[str, list[PlacementChange]] = {}
    for move in outcome.plan.placements:
        groups.setdefault(_cause(outcome, move.key), []).append(move)
    return groups


def _cause(outcome: Outcome, key: ObjectKey) -> str:
    placed = outcome.placed.get(key)
    if placed is None:
        return "removal from the repository"
    return str(placed.binding.claim) if placed.binding.claim else "dependency"


def _subject(cause: str, moves: list[PlacementChange]) -> str:
    if len(moves) == 1:
        return describe(moves[0])
    verb = "Remove" if not any(move.after for move in moves) else "Move"
    verb = "Place" if not any(move.before for move in moves) else verb
    return f"{verb} {len(moves)} objects: {cause}"


def _trailers(outcome: Outcome, cause: str) -> tuple[tuple[str, str], ...]:
    return ((SOURCE_COMMIT, outcome.fleet.revision), (CAUSE, cause))


def describe(move: PlacementChange) -> str:
    """`Move apps/Deployment shop/web: eu-1 6→4, us-1 0→2`."""
    verb = "Move" if move.before and move.after else "Place" if move.after else "Remove"
    return f"{verb} {move.key}: {', '.join(_steps(move.before, move.after))}"


def _steps(before: Iterable[Target], after: Iterable[Target]) -> list[str]:
    old, new = ({target.name: target for target in side} for side in (before, after))
    return [
        _step(name, old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def _step(name: str, old: Target | None, new: Target | None) -> str:
    counts = [target.replicas if target else 0 for target in (old, new)]
    if any(counts):
        return f"{name} {counts[0]}→{counts[1]}"
    return f"+{name}" if new else f"-{name}"
