"""What formats promise: nothing escapes, nothing leaks, nothing is too long."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from reconciler.model.change import Action, Plan
from reconciler.model.diagnostic import Diagnostic, Position
from reconciler.model.identity import ObjectKey
from reconciler.plan.formats import FORMATS, PLAIN, Context
from reconciler.plan.formats.escape_markdown import code, fenced
from reconciler.plan.formats.markdown import LIMIT, marker
from tests.plan.builders import (
    a_change,
    a_delete,
    a_key,
    a_placement,
    a_plan,
    an_edit,
    many,
)
from tests.plan.scenarios import CONTEXT, SCENARIOS

HOSTILE = [
    "<script>alert(1)</script>",
    "</code><img src=x onerror=alert(1)>",
    "``` \n```\n# heading",
    "`tick` ``ticks``",
    "[x](javascript:alert(1))",
    "@everyone #1",
    "]]>&amp;<![CDATA[",
    "a,line=1::error::forged\n::set-output name=x::y%0A",
    "\x1b]52;c;Zm9v\x07\x1b[2J",
    "\u202egnp.exe\u200b\x00",
    "--> <!-- reconciler-plan:other -->",
    '" onclick="x" \'',
    "=1+1",
    "| a | b |",
]


def hostile_plan(text: str) -> Plan:
    """The text in every place that people write."""
    key = ObjectKey("g", text, text, text)
    position = Position(text, 3, 1)
    alike = [key._replace(name=f"{text}{number}") for number in range(4, 14)]
    ruled = an_edit(text, 1, 2, cause=text, position=position)
    gained = {f"{text}{number}": 2 for number in range(8)}
    return a_plan(
        *(a_change(Action.UPDATE, text, one, edits=(ruled,)) for one in alike),
        a_change(
            Action.UPDATE,
            text,
            key,
            edits=(an_edit(text, text, {text: text}, is_immutable=True),),
            reason=text,
            position=position,
        ),
        a_delete(text, key._replace(name=f"{text}2"), reason=text, is_protected=True, uid="u"),
        a_change(Action.CONFLICT, text, key._replace(name=f"{text}3"), reason=text),
        placements=(
            a_placement({text: 1}, {text: 2}, key=key, cause=text),
            *(a_placement({text: 1}, gained, key=one, cause=text) for one in alike),
        ),
        diagnostics=[
            Diagnostic(code="RC999", message=text, hint=text, subject=text, position=position)
        ],
        notes=[text],
    )


CONTEXTS = [PLAIN, CONTEXT]


def shown(name: str, text: str) -> str:
    context = Context(base=text, head=text, key=text, artifact=text, clusters=1, objects=1)
    return FORMATS[name](hostile_plan(text), context)


PEOPLE = ["text", "markdown", "html", "junit", "github", "sarif", "gitlab"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", PEOPLE)
def test_no_control_character_reaches_an_output(name: str, text: str) -> None:
    left = re.sub(r"[\n -~\u00a0-\u2027\u2030-\ud7ff]", "", shown(name, text))
    assert left == ""


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_name_that_is_no_utf8_can_be_told(name: str) -> None:
    problem = Diagnostic(code="RC1", message="m", position=Position("\udcff.yaml", 1))
    change = a_change(Action.UPDATE, position=Position("\udcfe.yaml", 1))
    shown_plan = FORMATS[name](a_plan(change, diagnostics=[problem]), PLAIN)
    assert shown_plan.encode()


class Tags(HTMLParser):
    """Collects the names of tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[str, ...]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add((tag, *sorted(name for name, _ in attrs)))


def tags(text: str) -> set[tuple[str, ...]]:
    parser = Tags()
    parser.feed(text)
    return parser.seen


@pytest.mark.parametrize("text", HOSTILE)
def test_html_has_only_our_own_tags(text: str) -> None:
    assert tags(shown("html", text)) == tags(shown("html", "harmless"))


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_stays_well_formed(text: str) -> None:
    suites = ET.fromstring(shown("junit", text))  # noqa: S314 - our own output
    cases = [case for suite in suites for case in suite]
    assert len(cases) == 14
    assert all(suite.tag == "testsuite" for suite in suites)
    assert all(child.tag in {"failure", "skipped"} for case in cases for child in case)


@pytest.mark.parametrize("text", HOSTILE)
def test_github_commands_are_ours_alone(text: str) -> None:
    lines = shown("github", text).splitlines()
    assert len(lines) == len(shown("github", "harmless").splitlines())
    for line in lines:
        command, properties, _ = re.fullmatch(r"::(\w+) (.*?)::(.*)", line).groups()  # type: ignore[union-attr]
        assert command in {"error", "warning", "notice"}
        names = [part.split("=")[0] for part in properties.split(",")]
        assert set(names) <= {"file", "line", "col", "title"}
        assert len(names) == len(set(names))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["sarif", "gitlab"])
def test_reports_for_review_tools_are_json(name: str, text: str) -> None:
    report = json.loads(shown(name, text))
    harmless = json.loads(shown(name, "harmless"))
    assert shape(report) == shape(harmless)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(below) for key, below in value.items()}
    return [shape(below) for below in value] if isinstance(value, list) else type(value)


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_keeps_its_outline(text: str) -> None:
    """Outside code, the page of a hostile name is that of a harmless one."""
    assert outside_code(shown("markdown", text)) == outside_code(shown("markdown", "harmless"))


def outside_code(markdown: str) -> list[str]:
    """The page without code: fences and spans as CommonMark delimits them."""
    markdown = re.sub(r"^(`{3,})diff\n.*?^\1$", "FENCE", markdown, flags=re.DOTALL | re.MULTILINE)
    markdown = re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "CODE", markdown)
    markdown = re.sub(r"<code>[^<]*</code>", "CODE", markdown)
    return re.sub(r"<!-- reconciler-plan:[\w./-]+ -->", "MARKER", markdown).splitlines()


@pytest.mark.parametrize("key", ["", "--> x", "a--b", "x" * 10, "-", "---", "pr-42", "-->"])
def test_the_marker_is_one_comment_and_the_same_for_a_key(key: str) -> None:
    line = marker(key)
    assert line == marker(key)
    matched = re.fullmatch(r"<!-- reconciler-plan:([\w./-]+) -->", line)
    assert matched is not None
    assert "--" not in matched[1]


@pytest.mark.parametrize("text", ["", " ", "`", "``", "a`", "`a", "```", "a\nb"])
def test_a_code_span_shows_its_text(text: str) -> None:
    span = code(text)
    matched = re.fullmatch(r"(`+)(.*?)\1", span)
    assert matched is not None
    assert matched[1] not in re.findall("`+", matched[2])


def test_a_fence_is_longer_than_what_it_holds() -> None:
    assert fenced(["```", "````"], "diff").startswith("`````diff\n")


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_sent_is_never_shown(name: str) -> None:
    canary = "c4nary-0f-a-s3cret"
    change = a_change(
        Action.UPDATE,
        key=a_key("Secret", "db"),
        content={"stringData": {"p": canary}},
        edits=(an_edit("data.p", "(sensitive, changed) #1", "(sensitive, changed) #2"),),
        payload=canary.encode(),
    )
    deleted = a_key("Secret", "old")
    plan = a_plan(
        change,
        a_delete(key=deleted),
        removed={("eu-1", deleted): {"kind": "Secret", "data": {"p": canary}}},
    )
    assert canary not in FORMATS[name](plan, CONTEXT)


@pytest.mark.parametrize("width", [0, 10, 60, 100, 200])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_text_is_as_wide_as_the_terminal(scenario: Callable[[], Plan], width: int) -> None:
    lines = FORMATS["text"](scenario(), replace(CONTEXT, width=width)).splitlines()
    allowed = [line for line in lines if not line.startswith(("Plan: ", "      Approve-Deletes: "))]
    if width:
        assert max(map(len, allowed)) <= max(width, 40)


def test_colours_are_only_there_when_asked_for() -> None:
    plan = a_plan(a_delete(), a_change(Action.CREATE, "b"))
    assert "\x1b" not in FORMATS["text"](plan, CONTEXT)
    coloured = FORMATS["text"](plan, replace(CONTEXT, has_colour=True))
    assert "\x1b[31m" in coloured
    assert re.sub("\x1b\\[[0-9]*m", "", coloured) == FORMATS["text"](plan, CONTEXT)


def test_a_plan_of_nothing_is_one_line() -> None:
    plan = a_plan(unchanged=7)
    assert FORMATS["text"](plan, CONTEXT) == "Nothing changes. 7 objects unchanged.\n"
    assert FORMATS["markdown"](plan, CONTEXT).splitlines()[1:] == [
        "Nothing changes. 7 objects unchanged."
    ]


def test_markdown_is_cut_at_section_borders_with_every_delete_kept() -> None:
    updates = [
        a_change(
            Action.UPDATE,
            cluster,
            a_key(name=f"web-{number}"),
            edits=(an_edit("spec.replicas", number, cluster),),
        )
        for number in range(20)
        for cluster in many(50)
    ]
    keys = [a_key("ConfigMap", f"old-{number}") for number in range(100)]
    shown_plan = FORMATS["markdown"](
        a_plan(*updates, *(a_delete("a", key) for key in keys)), CONTEXT
    )
    assert len(shown_plan) <= LIMIT
    assert all(f"`ConfigMap shop/{key.name}`" in shown_plan for key in keys)
    assert "left out because a comment cannot be longer" in shown_plan
    assert CONTEXT.artifact in shown_plan
    assert shown_plan.count("<details>") == shown_plan.count("</details>") > 0
    assert shown_plan.count("```diff") * 2 == shown_plan.count("```")


def test_many_deletions_are_told_briefly_before_any_is_left_out() -> None:
    keys = [a_key("ConfigMap", f"old-{number}") for number in range(1000)]
    plan = a_plan(*(a_delete(cluster, key) for key in keys for cluster in many(5)))
    shown_plan = FORMATS["markdown"](plan, CONTEXT)
    assert len(shown_plan) <= LIMIT
    assert all(re.search(rf"\b{key.name}\b", shown_plan) for key in keys)


def test_markdown_says_how_many_deletions_no_comment_can_hold() -> None:
    changes = [
        a_delete(f"member-{number:05}", a_key("ConfigMap", f"{'x' * 60}-{number}"))
        for number in range(3000)
    ]
    shown_plan = FORMATS["markdown"](a_plan(*changes), CONTEXT)
    assert len(shown_plan) <= LIMIT
    assert "more lines of deletions that do not fit here" in shown_plan


def test_a_flood_of_problems_does_not_make_a_comment_too_long() -> None:
    diagnostics = [
        Diagnostic(code="RC1", message="m" * 5000, hint="h" * 5000, position=Position("f", number))
        for number in range(1000)
    ]
    shown_plan = FORMATS["markdown"](a_plan(diagnostics=diagnostics), CONTEXT)
    assert len(shown_plan) <= LIMIT
    assert "and 950 more problems" in shown_plan


def test_sarif_stops_at_what_a_scanner_takes() -> None:
    diagnostics = [
        Diagnostic(code="RC1", message="m", position=Position("f", number))
        for number in range(25_010)
    ]
    run = json.loads(FORMATS["sarif"](a_plan(diagnostics=diagnostics), CONTEXT))["runs"][0]
    assert len(run["results"]) == 25_000


def test_fingerprints_stay_when_lines_move() -> None:
    def prints(line: int) -> list[str]:
        problem = Diagnostic(code="RC1", message="m", position=Position("f.yaml", line))
        report = json.loads(FORMATS["gitlab"](a_plan(diagnostics=[problem]), CONTEXT))
        return [one["fingerprint"] for one in report]

    assert prints(3) == prints(30)


def test_gitlab_fingerprints_are_unique() -> None:
    diagnostics = [
        Diagnostic(code="RC1", message="m", position=Position("f", number)) for number in range(5)
    ]
    report = json.loads(FORMATS["gitlab"](a_plan(diagnostics=diagnostics), CONTEXT))
    assert len({one["fingerprint"] for one in report}) == 5
