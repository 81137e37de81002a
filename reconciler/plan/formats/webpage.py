"""The plan as one HTML file without scripts, for a browser or a build's artifacts.

All foreign text is escaped in one place, `_text`; the page's policy forbids it to load or run
anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from reconciler.model.change import SIGNS, Action, Edit, Plan, Rename
from reconciler.model.diagnostic import Diagnostic, Position
from reconciler.model.text import count_of, printable
from reconciler.plan.formats import words
from reconciler.plan.formats.context import Context
from reconciler.plan.formats.outline import outline
from reconciler.plan.grouping import Group, Move, Section, object_count

_STYLE: Final = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--red:#c62828;--green:#2e7d32;
--yellow:#a15c00;--blue:#1565c0}
@media(prefers-color-scheme:dark){:root{--red:#ff8a80;--green:#8bd48f;--yellow:#ffcc66;
--blue:#82b1ff}}
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
code,td.value{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
td:first-child{min-width:14rem}td.value{min-width:6rem}
td.move span{display:inline-block;margin-right:.6rem}
.numbers{font-weight:600}.where{opacity:.75}.alert{border-left:4px solid var(--red);
background:var(--soft);padding:.5rem 1rem;margin:1rem 0}
details,.group{border:1px solid var(--line);border-radius:6px;padding:.5rem .8rem;margin:.5rem 0}
td details{border:0;padding:0;margin:0}summary{cursor:pointer}
table{border-collapse:collapse;width:100%;margin:.4rem 0}
td,th{border-top:1px solid var(--line);padding:.2rem .5rem;text-align:left;vertical-align:top}
.create,.after{color:var(--green)}.update{color:var(--yellow)}.adopt,.move{color:var(--blue)}
.delete,.recreate,.conflict,.hold,.before,.error{color:var(--red)}.warning{color:var(--yellow)}
""".strip()
#: The first character of a move, and the action it looks like.
_MOVES: Final = {"+": "create", "-": "delete"}
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


def show(plan: Plan, context: Context) -> str:
    """The page."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>Placement plan {_text(context.head)}</title>",
            f"<style>{_STYLE}</style></head><body>",
            *_body(plan, context),
            "</body></html>",
            "",
        ]
    )


def _body(plan: Plan, context: Context) -> Iterator[str]:
    yield "<header><h1>Placement plan</h1>"
    revisions = ""
    if context.base or context.head:
        revisions = f"{_code(context.base or '(nothing)')} → {_code(context.head)} · "
    counts = (
        count_of(context.clusters, "cluster"),
        count_of(context.objects, "object"),
    )
    yield f"<p>{revisions}{', '.join(counts)}</p>"
    yield f'<p class="numbers">{_text(words.summary(plan))}</p></header>'
    yield from _problems(plan)
    if words.is_silent(plan):
        yield f"<p>{words.NOTHING}</p>"
    parts = outline(plan)
    yield from _chapter("Deleted, recreated, held", (_group(one) for one in parts.removals))
    yield from _chapter("In conflict", (_group(one) for one in parts.conflicts))
    yield from _chapter("Renamed", (_rename(one) for one in plan.renames))
    yield from _chapter("Placement", _placements(parts.moves))
    yield from _chapter("Rendered", (_section(one) for one in parts.sections))
    yield f"<footer><p>{_text(words.waves_line(plan))}</p>"
    yield f'<p class="where">Plan digest {_code(plan.digest)}</p></footer>'


def _chapter(title: str, blocks: Iterable[str]) -> Iterator[str]:
    """A heading with its blocks, nothing when there are none."""
    found = list(blocks)
    if found:
        yield f"<section><h2>{title}</h2>"
        yield from found
        yield "</section>"


def _problems(plan: Plan) -> Iterator[str]:
    if plan.hold is not None:
        how, trailer = words.approval(plan.hold)
        lines = f"<p>{_text(words.hold_line(plan.hold))}</p><p>{_text(how)}</p>"
        lines += f"<p>{_code(trailer)}</p>" if trailer else ""
        yield f'<div class="alert" role="alert">{lines}</div>'
    items = [*(_diagnostic(one) for one in plan.diagnostics)]
    items += [f"<li>{_text(note)}</li>" for note in plan.notes]
    if items:
        yield f"<ul>{''.join(items)}</ul>"


def _diagnostic(one: Diagnostic) -> str:
    effect = words.effect_text(one)
    stops = f": {effect}" if effect else ""
    return f'<li class="{one.severity.value}">{_text(str(one))}{stops}</li>'


def _group(group: Group) -> str:
    clusters = _text(words.clusters_phrase(group.clusters, is_complete=True))
    return f'<div class="group">{_title(group)} on {clusters}{_because(group)}{_edits(group)}</div>'


def _section(section: Section) -> str:
    heading = _text(words.clusters_phrase(section.clusters))
    count = count_of(object_count(section.groups), "object")
    names = _text(words.clusters_phrase(section.clusters, is_complete=True))
    groups = "".join(
        f'<div class="group">{_title(one)}{_because(one)}{_edits(one)}</div>'
        for one in section.groups
    )
    is_shortened = len(section.clusters) > words.MAX_NAMED
    every = f"all {len(section.clusters)} of them"
    whole = f"<details><summary>{every}</summary>{names}</details>" if is_shortened else ""
    return f"<details open><summary>{heading} · {count}</summary>{whole}{groups}</details>"


def _title(group: Group) -> str:
    verb = words.group_title(group).removesuffix(words.object_name(group.key)).strip()
    sign = _text(SIGNS[group.action])
    return f'<span class="{group.action.value}">{sign} {verb}</span> {_code(str(group.key))}'


def _because(group: Group) -> str:
    if not group.reason and words.is_told_by_edits(group):
        return ""
    told = _told(group.reason, group.position)
    return (
        f'<div class="where">{"because" if group.reason else "from"} {told}</div>' if told else ""
    )


def _told(cause: str, position: Position) -> str:
    """A cause and the place where it is written."""
    place = _code(str(position)) if position.path else ""
    return " ".join(part for part in (_text(cause), place) if part)


def _edits(group: Group) -> str:
    edits, marks = words.shown_edits(group)
    rows = "".join(_edit(one, group.action) for one in edits)
    notes = (line for line in (marks, words.alike_phrase(group)) if line)
    note = "".join(f'<div class="where">{_text(line)}</div>' for line in notes)
    if not rows:
        return note
    heads = "".join(f"<th>{name}</th>" for name in ("field", "before", "after", "why"))
    return f"<table><tr>{heads}</tr>{rows}</table>{note}"


def _edit(edit: Edit, action: Action) -> str:
    before, after = words.edit_sides(edit)
    immutable = words.immutable_remark(edit, action)
    remark = f" <em>{_text(immutable)}</em>" if immutable else ""
    return (
        f"<tr><td>{_code(edit.path)}{remark}</td>"
        f'<td class="value before">{_text(before)}</td>'
        f'<td class="value after">{_text(after)}</td>'
        f'<td class="where">{_told(edit.cause, edit.position)}</td></tr>'
    )


def _placements(moves: Iterable[Move]) -> Iterator[str]:
    rows = [_placement(one) for one in moves]
    if rows:
        head = "<tr><th>object</th><th>clusters</th><th>why</th></tr>"
        yield f"<table>{head}{''.join(rows)}</table>"


def _placement(move: Move) -> str:
    chips = [
        f'<span class="{_MOVES.get(one[0], "move")}">{_code(one)}</span>'
        for one in words.placement_moves(move)
    ]
    moves = " ".join(chips) or "no cluster changes"
    because = _told(move.cause, move.position)
    return (
        f"<tr><td>{_objects(move)}</td>"
        f'<td class="move">{moves}</td><td class="where">{because}</td></tr>'
    )


def _objects(move: Move) -> str:
    """The object, or all of them behind their number."""
    names = "<br>".join(_code(str(key)) for key in move.keys)
    if len(move.keys) <= words.MAX_NAMED:
        return names
    count = count_of(len(move.keys), "object")
    return f"<details><summary>{count}</summary>{names}</details>"


def _rename(rename: Rename) -> str:
    clusters = _text(words.clusters_phrase(rename.clusters))
    return (
        f'<div class="group">{_code(str(rename.before))} → {_code(str(rename.after))}'
        f" on {clusters}</div>"
    )


def _text(text: str) -> str:
    return escape(printable(text))


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"
