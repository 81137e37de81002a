"""Explanations as lines for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from textwrap import wrap
from typing import Any, Final

from reconciler.audit.explanation import (
    ClusterStory,
    Explanation,
    FieldStory,
    Impact,
    Operation,
    OverrideStep,
    WhyNot,
)
from reconciler.cli.console import say, width
from reconciler.model.decision import ClusterVerdict, Trace
from reconciler.model.diagnostic import Position
from reconciler.model.text import count_of, listed, printable
from reconciler.plan.formats.words import KNOWN_NOTHING, value_text

_MOST_CLUSTERS: Final = 12
_NARROWEST: Final = 40


def explanation_lines(one: Explanation) -> Iterator[str]:
    """The chain from policy to field, indented by stage; only fields where those were asked for."""
    yield f"{one.key}  {one.position}  at {one.revision[:12]}"
    if any(story.fields for story in one.clusters):
        yield from _field_lines(one)
        return
    yield from _policies(one)
    yield f"Decision: {one.verdict}"
    if one.required_by:
        yield f"  required by {', '.join(one.required_by)}"
    for trace in one.attempts:
        yield from _attempt(trace)
    if one.strategy:
        yield f"Replicas: {one.strategy}"
    yield from _weights(one)
    yield "Clusters:"
    for names, story in _alike(one.clusters):
        yield from _cluster(names, story)


def _alike(stories: tuple[ClusterStory, ...]) -> Iterator[tuple[list[str], ClusterStory]]:
    """Clusters with the same story, told once."""
    found: list[tuple[list[str], ClusterStory]] = []
    for story in stories:
        told = replace(story, cluster="", weight=None)
        names = next((names for names, other in found if other == told), None)
        if names is None:
            found.append(([story.cluster], told))
        else:
            names.append(story.cluster)
    yield from found


def _field_lines(one: Explanation) -> Iterator[str]:
    """Every field with who set it, cluster by cluster."""
    there = tuple(replace(story, why="", overrides=()) for story in one.clusters if story.fields)
    for names, story in _alike(there):
        yield f"  {listed(names, _MOST_CLUSTERS)}:"
        yield from _fields(story)


def _fields(story: ClusterStory) -> Iterator[str]:
    for field in story.fields:
        value = KNOWN_NOTHING if field.value is None else value_text(field.value)
        yield f"      {field.path} = {value}"
        yield from (
            f"        {step.source}: {value_text(step.value)}  {step.position}"
            for step in field.steps
        )


def _policies(one: Explanation) -> Iterator[str]:
    if not one.candidates:
        yield "Policy: none"
        yield from (f"  {clause}" for clause in one.unclaimed)
        return
    yield "Policies that select it, best first:"
    for candidate in one.candidates:
        contender = candidate.contender
        how = contender.implicit_priority.name.lower()
        verdict = f"lost: {contender.loss}" if contender.loss else "WON"
        yield (
            f"  {contender.policy}  {candidate.position}"
            f"  priority {contender.priority}, selects by {how}  {verdict}"
        )


def _attempt(trace: Trace) -> Iterator[str]:
    name = f" under affinity {trace.affinity_name}" if trace.affinity_name else ""
    yield f"Filters and scores{name}:"
    yield from (f"  {line}" for line in _verdicts(trace))
    for step in trace.steps:
        yield f"{step.title}:"
        yield from (f"  {row}" for row in step.rows[:_MOST_CLUSTERS])
        rest = len(step.rows) - _MOST_CLUSTERS
        if rest > 0:
            yield f"  and {rest} more"


def _verdicts(trace: Trace) -> Iterator[str]:
    """Clusters with the same verdict on one line."""
    alike: dict[str, list[str]] = {}
    for verdict in trace.verdicts:
        alike.setdefault(_verdict(verdict), []).append(verdict.cluster)
    for text, names in alike.items():
        yield f"{listed(names, _MOST_CLUSTERS)}: {text}"


def _verdict(verdict: ClusterVerdict) -> str:
    if verdict.reason:
        return f"refused by {verdict.plugin}: {verdict.reason}"
    scores = ", ".join(f"{name} {score}" for name, score in verdict.scores)
    room = "" if verdict.available is None else f", room for {_amount(verdict.available)}"
    tier = f", overflow tier {verdict.overflow_order}" if verdict.overflow_order else ""
    return f"fits ({scores or 'no scores'}{room}{tier})"


def _amount(number: int) -> str:
    return "any number" if number >= 2**31 - 1 else str(number)


def _weights(one: Explanation) -> Iterator[str]:
    weights = [(story.cluster, story.weight) for story in one.clusters if story.weight is not None]
    if weights:
        told = [f"{name} {weight}" for name, weight in weights]
        yield f"  weights {listed(told, _MOST_CLUSTERS)}"


def _cluster(names: list[str], story: ClusterStory) -> Iterator[str]:
    sign = "+" if story.is_target else "-"
    replicas = f"  {count_of(story.replicas, 'replica')}" if story.replicas else ""
    why = f"  {story.why}" if story.why else ""
    yield f"  {sign} {listed(names, _MOST_CLUSTERS)}{replicas}{why}"
    for step in story.overrides:
        yield f"      {step.policy} rule {step.rule}  {step.position}"
        yield from (f"        {_operation(one)}" for one in step.operations)


def _operation(one: Operation) -> str:
    before = "(absent)" if one.before is None else value_text(one.before)
    after = "(absent)" if one.after is None else value_text(one.after)
    return f"{one.op} {one.path}  {before} -> {after}"


def why_not_lines(one: WhyNot) -> Iterator[str]:
    """The decisive reason first."""
    verb = "is on" if one.is_there else "is not on"
    yield f"{one.key} {verb} {one.cluster}:"
    yield from (f"  {reason}" for reason in one.reasons)
    if one.position.path:
        yield f"  see {one.position}"


def impact_lines(impacts: tuple[Impact, ...]) -> Iterator[str]:
    """What each document touches."""
    for one in impacts:
        yield f"{one.cause}  {one.position}"
        for touched in one.touched:
            where = listed(touched.clusters, _MOST_CLUSTERS) or "no cluster"
            yield f"  {touched.key}  {touched.how} on {where}"
        if not one.touched:
            yield "  nothing"


def safe(lines: Iterator[str]) -> Iterator[str]:
    """Lines without what a terminal would obey."""
    for line in lines:
        yield printable(line)


def said(lines: Iterator[str]) -> None:
    """The lines on a terminal no longer than it is wide, further ones deeper; as they are in a
    pipe.
    """
    columns = width()
    for line in safe(lines):
        start = " " * (len(line) - len(line.lstrip()))
        parts = wrap(
            line.lstrip(),
            max(columns, _NARROWEST),
            initial_indent=start,
            subsequent_indent=f"{start}    ",
            break_on_hyphens=False,
        )
        for part in parts if columns else [line]:
            say(part)


def encode_explanation(one: Explanation) -> dict[str, Any]:
    """The chain for programs."""
    return {
        "object": one.key._asdict(),
        "position": _position(one.position),
        "revision": one.revision,
        "policies": [
            {
                "policy": str(each.contender.policy),
                "position": _position(each.position),
                "priority": each.contender.priority,
                "selectsBy": each.contender.implicit_priority.name.lower(),
                "loss": each.contender.loss,
            }
            for each in one.candidates
        ],
        "unclaimed": list(one.unclaimed),
        "verdict": one.verdict,
        "strategy": one.strategy,
        "requiredBy": list(one.required_by),
        "attempts": [_encode_trace(each) for each in one.attempts],
        "clusters": [_encode_story(each) for each in one.clusters],
    }


def _encode_trace(trace: Trace) -> dict[str, Any]:
    return {
        "affinity": trace.affinity_name,
        "verdicts": [
            {
                "cluster": one.cluster,
                "plugin": one.plugin,
                "reason": one.reason,
                "scores": dict(one.scores),
                "available": one.available,
                "overflowTier": one.overflow_order,
            }
            for one in trace.verdicts
        ],
        "steps": [{"title": one.title, "rows": list(one.rows)} for one in trace.steps],
    }


def _encode_story(story: ClusterStory) -> dict[str, Any]:
    return {
        "cluster": story.cluster,
        "isTarget": story.is_target,
        "replicas": story.replicas,
        "weight": story.weight,
        "why": story.why,
        "overrides": [_encode_override(one) for one in story.overrides],
        "fields": [_encode_field(one) for one in story.fields],
    }


def _encode_override(step: OverrideStep) -> dict[str, Any]:
    return {
        "policy": str(step.policy),
        "rule": step.rule,
        "position": _position(step.position),
        "operations": [asdict(one) for one in step.operations],
    }


def _encode_field(story: FieldStory) -> dict[str, Any]:
    return {
        "path": story.path,
        "value": story.value,
        "setBy": [
            {"source": one.source, "value": one.value, "position": _position(one.position)}
            for one in story.steps
        ],
    }


def encode_why_not(one: WhyNot) -> dict[str, Any]:
    """The answer for programs."""
    return {
        "object": one.key._asdict(),
        "cluster": one.cluster,
        "isThere": one.is_there,
        "reasons": list(one.reasons),
        "position": _position(one.position),
    }


def encode_impact(one: Impact) -> dict[str, Any]:
    """What one document touches, for programs."""
    return {
        "cause": one.cause,
        "position": _position(one.position),
        "touched": [
            {"object": each.key._asdict(), "how": each.how, "clusters": list(each.clusters)}
            for each in one.touched
        ],
    }


def _position(position: Position) -> dict[str, Any] | None:
    if not position.path:
        return None
    path = position.path.encode("utf-8", "backslashreplace").decode()
    return {"path": path, "line": position.line, "column": position.column}
