"""The phrases that all formats for people share. Foreign text comes out on one printable line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

from reconciler.model.binding import Target
from reconciler.model.change import Action, Edit, Hold, Plan
from reconciler.model.diagnostic import Diagnostic, Effect, Position, Severity
from reconciler.model.identity import ObjectKey
from reconciler.model.text import count_of, listed, printable, shortened
from reconciler.plan.formats.context import Context
from reconciler.plan.grouping import Group, Move
from reconciler.plan.order import wave_name, wave_of

#: Characters of one value that are worth reading in a list of differences.
MAX_VALUE: Final = 200
#: Clusters named where the rest is only counted.
MAX_NAMED: Final = 6
#: Objects named that change alike.
MAX_ALIKE: Final = 100

#: Labels and annotations that say where an object comes from, not what it is.
_MARK: Final = re.compile(
    r'metadata\.(labels|annotations)\["(?:(?:cluster)?propagationpolicy|(?:cluster)?resourcebinding'
    r"|work|resourcetemplate)\.karmada\.io/"
    r'(?:name|namespace|permanent-id|generation|uid|managed-annotations|managed-labels)"\]$'
)

#: Lets an object be deleted and created again.
RECREATE: Final = "fleet-reconciler.io/recreate"
_EFFECTS: Final = {
    Effect.HOLD: "nothing of the commit is applied",
    Effect.FREEZE_DOCUMENT: "what it concerns stays as it is",
    Effect.FREEZE_MEMBER: "the cluster stays as it is",
}

NOTHING: Final = "Nothing changes."
KNOWN_NOTHING: Final = "(absent)"

_COUNTED: Final[tuple[tuple[Action, str], ...]] = (
    (Action.CREATE, "to create"),
    (Action.ADOPT, "to adopt"),
    (Action.UPDATE, "to update"),
    (Action.RECREATE, "to recreate"),
    (Action.DELETE, "to delete"),
    (Action.HOLD, "held"),
    (Action.CONFLICT, "in conflict"),
)
_ALWAYS: Final = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})


def headline(context: Context) -> str:
    """What is compared, and how much was looked at."""
    revisions = ""
    if context.base or context.head:
        revisions = f"  {printable(context.base) or '(nothing)'} -> {printable(context.head)}"
    looked_at = f"  {count_of(context.clusters, 'cluster')}, {count_of(context.objects, 'object')}"
    return f"Placement plan{revisions}{looked_at}"


def summary(plan: Plan) -> str:
    """The last line: everything that happens, in numbers."""
    parts = [count_of(len(plan.placements), "placement change")] if plan.placements else []
    parts += [
        f"{number} {words}"
        for action, words in _COUNTED
        if (number := plan.count(action)) or action in _ALWAYS
    ]
    parts.append(f"{plan.unchanged} unchanged")
    return f"Plan: {', '.join(parts)}."


def is_silent(plan: Plan) -> bool:
    """Whether there is nothing to say: nothing changes and nothing is wrong."""
    return plan.is_empty and not plan.diagnostics and not plan.notes


def object_name(key: ObjectKey) -> str:
    """`apps/Deployment shop/web`, printable."""
    return printable(str(key))


def place(position: Position) -> str:
    """`policies/p1.yaml:14`, printable; `` when unknown."""
    return printable(str(position))


def clusters_phrase(clusters: Sequence[str], *, is_complete: bool = False) -> str:
    """`3 clusters: a, b, c`, the rest counted where there are many and all are not wanted."""
    names = [printable(cluster) for cluster in clusters]
    if not is_complete and len(names) > MAX_NAMED:
        rest = len(names) - MAX_NAMED + 1
        names = [*names[: MAX_NAMED - 1], f"and {rest} more"]
    return f"{count_of(len(clusters), 'cluster')}: {', '.join(names)}"


def value_text(value: Any) -> str:
    """A JSON value on one line; text without quotes where it cannot be mistaken."""
    if isinstance(value, str) and _is_plain(value):
        return shortened(value, MAX_VALUE)
    written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return shortened(printable(written), MAX_VALUE)


def _is_plain(text: str) -> bool:
    """Whether text without quotes is seen as it is: nothing hidden, nothing that reads as JSON."""
    if not text or text.strip() != text or not text.isprintable():
        return False
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return printable(text) == text
    return False


def edit_sides(edit: Edit) -> tuple[str, str]:
    """Before and after; `` for a side that is not there."""
    before = "" if edit.is_added else value_text(edit.before)
    after = "" if edit.is_removed else value_text(edit.after)
    return before, after


def edit_text(edit: Edit, action: Action = Action.UPDATE) -> str:
    """`spec.replicas  2 -> 1`, with a remark where the field cannot be changed in place."""
    before, after = edit_sides(edit)
    change = f"{before or KNOWN_NOTHING} -> {after or KNOWN_NOTHING}"
    immutable = immutable_remark(edit, action)
    remark = f"  ({immutable})" if immutable else ""
    return joined(f"{printable(edit.path)}  {change}{remark}", edit_cause(edit))


def immutable_remark(edit: Edit, action: Action) -> str:
    """What becomes of a field that cannot be changed in place; `` for any other."""
    if not edit.is_immutable:
        return ""
    if action is Action.UPDATE:
        return f'immutable: will be rejected; the annotation {RECREATE}: "true" recreates'
    return "immutable: forces the recreation"


def effect_text(one: Diagnostic) -> str:
    """What a problem stops, as the end of its line; `` where nothing stops."""
    return _EFFECTS.get(one.effect, "") if one.severity is Severity.ERROR else ""


def shown_edits(group: Group) -> tuple[tuple[Edit, ...], str]:
    """The edits that people read, and a line for the others: an object's marks of origin."""
    marks = [edit for edit in group.edits if _MARK.match(edit.path)]
    rest = tuple(edit for edit in group.edits if not _MARK.match(edit.path))
    count = count_of(len(marks), "label or annotation", "labels and annotations")
    return rest, f"marks of origin: {count}" if marks else ""


def edit_cause(edit: Edit) -> str:
    """The rule that set the field and where that is written; `` when neither is known."""
    return joined(printable(edit.cause), place(edit.position))


def because(group: Group) -> str:
    """Why a group happens, and where that is written; `` when neither is known.

    Where every edit says itself where it comes from, the group need not.
    """
    if not group.reason and is_told_by_edits(group):
        return ""
    return reasoned(group.reason, group.position)


def is_told_by_edits(group: Group) -> bool:
    """Whether each edit of a group has a place of its own."""
    return bool(group.edits) and all(edit.position.path for edit in group.edits)


def reasoned(cause: str, position: Position) -> str:
    """`because <cause>  <place>`, or `from <place>` where only that is known."""
    where = place(position)
    if cause:
        return joined(f"because {printable(cause)}", where)
    return f"from {where}" if where else ""


def group_title(group: Group) -> str:
    """What is done to which object: `delete apps/Deployment shop/web`."""
    held = "delete" if group.is_removal else "recreate"
    verb = f"{held} held:" if group.action is Action.HOLD else group.action.value
    return f"{verb} {object_name(group.key)}"


def waves_line(plan: Plan) -> str:
    """The waves in which the plan runs, with the number of changes of each; `` for one or none."""
    running = Counter(
        wave_of(one) for one in plan.changes if one.action not in {Action.HOLD, Action.CONFLICT}
    )
    steps = [f"{wave_name(wave)} ({running[wave]})" for wave in sorted(running)]
    return f"Waves  {' -> '.join(steps)}" if len(steps) > 1 else ""


def joined(*parts: str) -> str:
    """The parts that say something, two spaces apart."""
    return "  ".join(part for part in parts if part)


def objects_phrase(keys: Sequence[ObjectKey]) -> str:
    """An object, or `3 objects: a, b, c`, the rest counted where there are many."""
    if len(keys) == 1:
        return object_name(keys[0])
    return f"{count_of(len(keys), 'object')}: {listed([object_name(key) for key in keys])}"


def alike_phrase(group: Group) -> str:
    """`the same on 2 more: shop/cart, shop/search`; `` for one object."""
    if not group.alike:
        return ""
    names = [f"{key.namespace}/{key.name}" if key.namespace else key.name for key in group.alike]
    return f"the same on {len(names)} more: {printable(listed(names, MAX_ALIKE))}"


def placement_moves(move: Move) -> list[str]:
    """`+c (2)`, `-b`, `a 6->4`: clusters gained, lost, and with another share, by name.

    Of many that gain or change the same, only some are named; what is lost is.
    """
    before, after = _by_name(move.before), _by_name(move.after)
    found: dict[tuple[str, str], list[str]] = {}
    for name in sorted(before.keys() | after.keys()):
        kind = _kind_of_move(before.get(name), after.get(name))
        if kind:
            found.setdefault(kind, []).append(printable(name))
    folded = {kind for kind, names in found.items() if kind[0] != "-" and len(names) > MAX_NAMED}
    each = [(name, kind) for kind, names in found.items() if kind not in folded for name in names]
    return [
        *(f"{sign}{name}{share}" for name, (sign, share) in sorted(each)),
        *(
            f"{sign}{len(names)} clusters{share}: {listed(names)}"
            for (sign, share), names in found.items()
            if (sign, share) in folded
        ),
    ]


def _kind_of_move(old: Target | None, new: Target | None) -> tuple[str, str] | None:
    """The sign in front of a cluster's name, and what stands behind it; None for no move."""
    if old is None and new is not None:
        return "+", _share(new)
    if new is None and old is not None:
        return "-", _share(old)
    if old is not None and new is not None and old != new:
        return "", f" {old.replicas}->{new.replicas}"
    return None


def _by_name(targets: Iterable[Target]) -> dict[str, Target]:
    return {target.name: target for target in targets}


def _share(target: Target) -> str:
    return f" ({target.replicas})" if target.replicas else ""


def hold_line(hold: Hold) -> str:
    """What waits, and why."""
    waiting = count_of(len(hold.deletes), "deletion")
    verb = "waits" if len(hold.deletes) == 1 else "wait"
    reasons = "; ".join(printable(reason) for reason in hold.reasons)
    return f"{waiting} {verb} for approval: {reasons}"


def approval(hold: Hold) -> tuple[str, str]:
    """How it is approved, and the trailer to copy: in this pull request's commit or a later one."""
    return "to approve, make a commit with this trailer:", f"Approve-Deletes: {hold.digest}"
