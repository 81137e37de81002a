"""The plan for a terminal: lines no longer than it is wide, colours where it has them."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from reconciler.model.change import SIGNS, Action, Plan, Rename
from reconciler.model.diagnostic import Severity
from reconciler.model.text import count_of, printable
from reconciler.plan.formats import words
from reconciler.plan.formats.context import Context
from reconciler.plan.formats.outline import outline
from reconciler.plan.grouping import Group, Move, Section

_RESET: Final = "\x1b[0m"
_RED, _GREEN, _YELLOW, _CYAN, _BOLD = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m", "\x1b[1m"
_COLOURS: Final[dict[Action, str]] = {
    Action.CREATE: _GREEN,
    Action.ADOPT: _CYAN,
    Action.UPDATE: _YELLOW,
    Action.RECREATE: _RED,
    Action.DELETE: _RED,
    Action.CONFLICT: _RED,
    Action.HOLD: _RED,
    Action.UNCHANGED: "",
}
#: Narrower terminals are treated as this wide.
_MIN_WIDTH: Final = 40
_NO_BREAK: Final = "\u00a0"


def show(plan: Plan, context: Context) -> str:
    """The whole plan, ending in one line of numbers."""
    if words.is_silent(plan):
        return f"{words.NOTHING} {count_of(plan.unchanged, 'object')} unchanged.\n"
    return "".join(f"{line}\n" for line in _Page(context).lines(plan))


class _Page:
    """Lines of one plan."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._width = max(context.width, _MIN_WIDTH) if context.width else 0

    def lines(self, plan: Plan) -> Iterator[str]:
        yield from self._wrapped(words.headline(self._context), 0, _BOLD)
        yield from self._problems(plan)
        for note in plan.notes:
            yield from self._wrapped(f"note: {printable(note)}", 2)
        parts = outline(plan)
        for group in (*parts.removals, *parts.conflicts):
            yield from self._whole(group)
        for rename in plan.renames:
            yield from self._rename(rename)
        for move in parts.moves:
            yield from self._move(move)
        for section in parts.sections:
            yield from self._section(section)
        line = words.waves_line(plan)
        if line:
            yield from self._wrapped(line, 2)
        yield from self._wrapped(f"Digest: {plan.digest}", 0)
        yield self._coloured(words.summary(plan), _BOLD)

    def _problems(self, plan: Plan) -> Iterator[str]:
        if plan.hold is not None:
            how, trailer = words.approval(plan.hold)
            yield from self._wrapped(f"! {words.hold_line(plan.hold)}", 0, _RED)
            yield from self._wrapped(how, 2, _RED)
            # Never broken, so that it can be copied.
            yield from ([f"      {trailer}"] if trailer else [])
        for one in plan.diagnostics:
            colour = _RED if one.severity is Severity.ERROR else _YELLOW
            effect = words.effect_text(one)
            stops = f": {effect}" if effect else ""
            yield from self._wrapped(f"! {printable(str(one))}{stops}", 0, colour)

    def _whole(self, group: Group) -> Iterator[str]:
        """A group that is never folded: every cluster is named."""
        colour = _COLOURS[group.action]
        title = f"{_title(group)}  {words.clusters_phrase(group.clusters, is_complete=True)}"
        yield from self._wrapped(title, 2, colour)
        yield from self._because(group)
        yield from self._edits(group)

    def _section(self, section: Section) -> Iterator[str]:
        heading = words.clusters_phrase(section.clusters)
        many = "identical change, shown once: " if len(section.clusters) > 1 else ""
        yield from self._wrapped(f"Rendered  {many}{heading}", 2, _BOLD)
        for group in section.groups:
            yield from self._wrapped(_title(group), 4, _COLOURS[group.action])
            yield from self._because(group)
            yield from self._edits(group)

    def _because(self, group: Group) -> Iterator[str]:
        because = words.because(group)
        if because:
            yield from self._wrapped(because, 8)

    def _edits(self, group: Group) -> Iterator[str]:
        edits, marks = words.shown_edits(group)
        for edit in edits:
            yield from self._wrapped(words.edit_text(edit, group.action), 8)
        for line in (marks, words.alike_phrase(group)):
            if line:
                yield from self._wrapped(line, 8)

    def _move(self, move: Move) -> Iterator[str]:
        moves = "  ".join(map(_unbroken, words.placement_moves(move))) or "no cluster changes"
        yield from self._wrapped(f"Placement  {words.objects_phrase(move.keys)}  {moves}", 2, _CYAN)
        because = words.reasoned(move.cause, move.position)
        if because:
            yield from self._wrapped(because, 8)

    def _rename(self, rename: Rename) -> Iterator[str]:
        names = f"{words.object_name(rename.before)} -> {words.object_name(rename.after)}"
        clusters = words.clusters_phrase(rename.clusters)
        yield from self._wrapped(f"Renamed  {names}  {clusters}", 2, _CYAN)

    def _wrapped(self, text: str, indent: int, colour: str = "") -> Iterator[str]:
        """The text in lines of the page's width, later ones further in."""
        start = " " * indent
        if not self._width:
            lines = [f"{start}{text}"]
        else:
            lines = wrap(
                text,
                self._width,
                initial_indent=start,
                subsequent_indent=f"{start}    ",
                break_on_hyphens=False,
                drop_whitespace=True,
            )
        for line in lines:
            yield self._coloured(line.replace(_NO_BREAK, " "), colour)

    def _coloured(self, line: str, colour: str) -> str:
        return f"{colour}{line}{_RESET}" if colour and self._context.has_colour else line


def _unbroken(move: str) -> str:
    """A short move that stays on one line; foreign text has no such space left in it."""
    return move.replace(" ", _NO_BREAK) if move.count(" ") == 1 else move


def _title(group: Group) -> str:
    if group.action in {Action.UPDATE, Action.CREATE}:
        return f"{SIGNS[group.action]} {words.object_name(group.key)}"
    return f"{SIGNS[group.action]} {words.group_title(group)}"
