"""The plan as one comment on a pull request: sticky, foldable, and never too long to post.

Strategy: the comment is a list of blocks. Head and removals are kept; the others follow while there
is room, and a line says how many did not fit. Where the removals alone do not fit they are told
briefly, by the clusters they share, before any of them is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.model.change import SIGNS, Action, Edit, Plan, Rename
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.text import count_of, printable, shortened
from reconciler.plan.formats import words
from reconciler.plan.formats.context import Context
from reconciler.plan.formats.escape_markdown import code, fenced, html_code, marker_key
from reconciler.plan.formats.outline import outline
from reconciler.plan.grouping import Group, Move, Section, object_count

#: GitHub takes 65,536 characters; the poster of comments leaves room for its own lines.
LIMIT: Final = 59_500
#: Room for the last lines.
_FOOT: Final = 600
_MAX_DIAGNOSTICS: Final = 50
#: Characters of a folded block of many objects.
_BLOCK: Final = 6_000
#: Longer remarks have a line of their own: a comment is narrow.
_LONGEST_REMARK: Final = 60


def show(plan: Plan, context: Context) -> str:
    """The comment; its first line is the marker by which it is found again."""
    head = [marker(context.key)]
    if words.is_silent(plan):
        unchanged = count_of(plan.unchanged, "object")
        return "\n".join([*head, f"{words.NOTHING} {unchanged} unchanged.", ""])
    head += [*_head(plan, context), *_problems(plan)]
    parts = outline(plan)
    room = LIMIT - _FOOT - _length(head)
    removals = _removals(parts.removals, room)
    kept, left_out = _fitting(_optional(plan), room - _length(removals))
    return "\n".join([*head, *removals, *kept, *_foot(plan, context, left_out)])


def marker(key: str) -> str:
    """The line by which the comment of that key is found again."""
    return f"<!-- reconciler-plan:{marker_key(key)} -->"


def _head(plan: Plan, context: Context) -> Iterator[str]:
    revisions = ""
    if context.base or context.head:
        revisions = f" {code(context.base or '(nothing)')} → {code(context.head)}"
    yield f"### Placement plan{revisions}"
    yield ""
    counts = (
        count_of(context.clusters, "cluster"),
        count_of(context.objects, "object"),
    )
    yield f"**{words.summary(plan)}** {', '.join(counts)} looked at."
    yield ""


def _problems(plan: Plan) -> Iterator[str]:
    if plan.hold is not None:
        waiting = count_of(len(plan.hold.deletes), "deletion")
        yield f"> [!CAUTION]\n> **{waiting} held for approval:**"
        yield from (f"> - {code(reason)}" for reason in plan.hold.reasons[:_MAX_DIAGNOSTICS])
        rest = len(plan.hold.reasons) - _MAX_DIAGNOSTICS
        if rest > 0:
            yield f"> - and {rest} more reasons"
        how, trailer = words.approval(plan.hold)
        yield f">\n> {how}{f' {code(trailer)}' if trailer else ''}\n"
    shown = plan.diagnostics[:_MAX_DIAGNOSTICS]
    yield from (_diagnostic(one) for one in shown)
    if len(shown) < len(plan.diagnostics):
        yield f"- and {len(plan.diagnostics) - len(shown)} more problems"
    yield from (f"- note: {code(note)}" for note in plan.notes[:_MAX_DIAGNOSTICS])
    if plan.diagnostics or plan.notes:
        yield ""


def _diagnostic(one: Diagnostic) -> str:
    where = f" {code(str(one.position))}" if one.position.path else ""
    hint = f" — {code(shortened(one.hint, words.MAX_VALUE))}" if one.hint else ""
    message = code(shortened(one.message, 2 * words.MAX_VALUE))
    effect = words.effect_text(one)
    stops = f" — {effect}" if effect else ""
    return f"- **{one.severity} {one.code}**{where} {message}{hint}{stops}"


def _removals(removals: tuple[Group, ...], room: int) -> list[str]:
    """Everything that takes away, in full where it fits, else briefly."""
    if not removals:
        return []
    count = sum(len(group.clusters) for group in removals)
    title = f"#### Deleted, recreated, held ({count})\n"
    whole = [title, *(_removal(group) for group in removals), ""]
    if _length(whole) <= room:
        return whole
    brief = list(_brief(removals))
    kept, left_out = _fitting([f"{line}\n" for line in brief], room - len(title) - _FOOT)
    if left_out:
        kept.append(f"**and {left_out} more lines of deletions that do not fit here**\n")
    return [title, *kept]


def _removal(group: Group) -> str:
    lines = [f"- {_title(group)} on {_clusters(group.clusters)}{_because(group)}"]
    edits, marks = words.shown_edits(group)
    lines += [f"  - {code(words.edit_text(edit, group.action))}" for edit in edits]
    lines += [f"  - {marks}"] if marks else []
    return "\n".join(lines)


def _brief(removals: Iterable[Group]) -> Iterator[str]:
    """One line for each set of clusters, then for each object."""
    shared: dict[tuple[str, ...], list[Group]] = {}
    for group in removals:
        shared.setdefault(group.clusters, []).append(group)
    for clusters, some in sorted(shared.items(), key=lambda item: -len(item[0])):
        objects = ", ".join(f"{SIGNS[group.action]} {group.key}" for group in some)
        yield f"- {code(', '.join(clusters))}: {code(objects)}"


def _optional(plan: Plan) -> Iterator[str]:
    """The blocks that may be left out, the most telling first."""
    parts = outline(plan)
    if parts.conflicts:
        yield f"#### Conflicts ({len(parts.conflicts)})\n"
        yield from (_removal(one) for one in parts.conflicts)
        yield ""
    if plan.renames:
        yield "\n".join(["#### Renamed\n", *(_rename(one) for one in plan.renames), ""])
    if plan.placements:
        yield f"#### Placement ({len(plan.placements)})\n"
        yield from (_placement(one) for one in parts.moves)
        yield ""
    if parts.sections:
        yield "#### Rendered\n"
        yield from (block for one in parts.sections for block in _section(one))


def _placement(move: Move) -> str:
    moves = " ".join(map(code, words.placement_moves(move))) or "no cluster changes"
    parts = [code(move.cause)] if move.cause else []
    parts += [code(str(move.position))] if move.position.path else []
    because = f" — because {' '.join(parts)}" if parts else ""
    return f"- {_objects(move)} {moves}{because}"


def _objects(move: Move) -> str:
    """The object, or some of them by name."""
    named = ", ".join(code(str(key)) for key in move.keys[: words.MAX_NAMED])
    rest = len(move.keys) - words.MAX_NAMED
    more = f" and {rest} more" if rest > 0 else ""
    count = f"**{count_of(len(move.keys), 'object')}**: " if len(move.keys) > 1 else ""
    return f"{count}{named}{more}:" if count else named


def _rename(rename: Rename) -> str:
    names = f"{code(str(rename.before))} → {code(str(rename.after))}"
    return f"- {names} on {_clusters(rename.clusters[: words.MAX_NAMED])}"


def _section(section: Section) -> Iterator[str]:
    """The section in blocks short enough that some of them fit when not all do."""
    names = [html_code(name) for name in section.clusters[: words.MAX_NAMED]]
    rest = len(section.clusters) - len(names)
    named = ", ".join(names) + (f" and {rest} more" if rest else "")
    heading = f"<b>{count_of(len(section.clusters), 'cluster')}</b> ({named})"
    for groups in _in_parts(section.groups):
        lines = [line for _, group in groups for line in group]
        objects = count_of(sum(count for count, _ in groups), "object")
        summary = f"<details><summary>{heading}: {objects}</summary>"
        yield "\n".join([summary, "", fenced(lines, "diff"), "", "</details>", ""])


def _in_parts(groups: Iterable[Group]) -> Iterator[list[tuple[int, list[str]]]]:
    """The groups' lines with the number of their objects, gathered up to the size of a block."""
    part: list[tuple[int, list[str]]] = []
    size = 0
    for group in groups:
        lines = list(_diff_lines(group))
        if part and size + _length(lines) > _BLOCK:
            yield part
            part, size = [], 0
        part.append((object_count([group]), lines))
        size += _length(lines)
    if part:
        yield part


def _diff_lines(group: Group) -> Iterator[str]:
    because = words.because(group)
    remark = f"   # {because}" if because else ""
    yield f"{SIGNS[group.action]} {words.object_name(group.key)}{remark}"
    edits, marks = words.shown_edits(group)
    for edit in edits:
        before, after = words.edit_sides(edit)
        path = printable(edit.path)
        remark = _remark(edit, group.action)
        if len(remark) > _LONGEST_REMARK:
            yield f"#  {remark.strip().removeprefix('#')}"
            remark = ""
        if not edit.is_added:
            yield f"-   {path}: {before}{remark if edit.is_removed else ''}"
        if not edit.is_removed:
            yield f"+   {path}: {after}{remark}"
    yield from (f"#   {line}" for line in (marks, words.alike_phrase(group)) if line)


def _remark(edit: Edit, action: Action) -> str:
    """What a reader should know about a field, as the comment at the end of its last line."""
    text = words.joined(words.immutable_remark(edit, action), words.edit_cause(edit))
    return f"   # {text}" if text else ""


def _title(group: Group) -> str:
    verb = words.group_title(group).removesuffix(words.object_name(group.key)).strip()
    return f"{code(SIGNS[group.action])} {verb} {code(str(group.key))}"


def _clusters(clusters: Iterable[str]) -> str:
    """Every cluster by name."""
    names = list(clusters)
    return f"**{count_of(len(names), 'cluster')}**: {', '.join(map(code, names))}"


def _because(group: Group) -> str:
    parts = [code(group.reason)] if group.reason else []
    is_told = not group.reason and words.is_told_by_edits(group)
    parts += [code(str(group.position))] if group.position.path and not is_told else []
    return f" — because {' '.join(parts)}" if parts else ""


def _foot(plan: Plan, context: Context, left_out: int) -> list[str]:
    lines = []
    if left_out:
        blocks = count_of(left_out, "block")
        where = f": {code(shortened(context.artifact, 200))}" if context.artifact else ""
        lines.append(f"_{blocks} left out because a comment cannot be longer{where}_\n")
    line = words.waves_line(plan)
    if line:
        lines.append(f"{line}\n")
    return [*lines, f"<sub>Plan digest {code(plan.digest)}</sub>", ""]


def _length(blocks: Iterable[str]) -> int:
    return sum(len(block) + 1 for block in blocks)


def _fitting(blocks: Iterable[str], room: int) -> tuple[list[str], int]:
    """The first blocks that fit into the room, and how many did not."""
    kept: list[str] = []
    left_out = 0
    for block in blocks:
        room -= len(block) + 1
        if room >= 0 and not left_out:
            kept.append(block)
        else:
            left_out += 1
    return kept, left_out
