"""fieldOverrider: patches of JSON and YAML that stand as text in a string."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

import pytest

from reconciler.overriders import OverrideFailed, apply, decode_overriders
from reconciler.overriders.natural_order import compare_keys
from reconciler.overriders.yaml_text import write_yaml


def after(text: Any, language: str, *operations: dict[str, Any]) -> str:
    rule = {"fieldPath": "/data/a~1b", language: list(operations)}
    body = {"data": {"a/b": text}}
    result, _ = apply(body, decode_overriders({"fieldOverrider": [rule]}))
    return str(result["data"]["a/b"])


def put(path: str, value: Any) -> dict[str, Any]:
    return {"subPath": path, "operator": "add", "value": value}


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        (
            '{"b": 1, "a": 2}',
            "/c",
            {"z": 1, "y": [True, None]},
            '{"b":1,"a":2,"c":{"y":[true,null],"z":1}}',
        ),
        (
            '{"n": 1.0, "e": 1E5, "s": "\\u0041"}',
            "/c",
            2.0,
            '{"n":1.0,"e":1E5,"s":"\\u0041","c":2}',
        ),
        ('{"html": "a<b&c"}', "/k<", "x>y", '{"html":"a\\u003cb\\u0026c","k\\u003c":"x\\u003ey"}'),
        ("[1, [2]]", "/1/-", 3, "[1,[2,3]]"),
        ('{"a": {"x": "]}\\"{"}}', "/a/y", 1, '{"a":{"x":"]}\\"{","y":1}}'),
    ],
)
def test_json_keeps_its_order_and_its_spelling(
    text: str, path: str, value: Any, expected: str
) -> None:
    assert after(text, "json", put(path, value)) == expected


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("b: 1 # why\na: x\n", "/c", "y", 'a: x\nb: 1\nc: "y"\n'),
        ("a2: 1\na10: 1\n", "/a1", 1, "a1: 1\na2: 1\na10: 1\n"),
        ("a: [1, 2]\n", "/a/0", 0, "a:\n- 0\n- 1\n- 2\n"),
        (
            "a: 0x10\nb: 017\nc: 1_000\nd: on\ne: 2001-01-01\n",
            "/f",
            1,
            'a: 16\nb: 15\nc: 1000\nd: true\ne: "2001-01-01"\nf: 1\n',
        ),
        ("1: x\ntrue: z\n", "/f", 1.5, '"1": x\nf: 1.5\n"true": z\n'),
        (
            "x: &b {p: 1}\nz:\n  <<: *b\n  q: 2\n",
            "/f",
            None,
            "f: null\nx:\n  p: 1\nz:\n  p: 1\n  q: 2\n",
        ),
        ("a: |\n  two\n  lines\n", "/b", [], "a: |\n  two\n  lines\nb: []\n"),
        ("a: 1\n---\nb: 2\n", "/c", {}, "a: 1\nc: {}\n"),
        ("a: 1e300\n", "/c", 1234567.5, "a: 1e+300\nc: 1.2345675e+06\n"),
        ("a: 18446744073709551616\n", "/c", "1:30", 'a: 1.8446744073709552e+19\nc: "1:30"\n'),
        (
            "a: !!str 5\nb: !!binary YWI=\nc: !!float 3\n",
            "/d",
            "~",
            'a: "5"\nb: ab\nc: 3\nd: "~"\n',
        ),
    ],
)
def test_yaml_is_read_and_written_as_kubectl_does(
    text: str, path: str, value: Any, expected: str
) -> None:
    assert after(text, "yaml", put(path, value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x\n\n", "a: |+\n  x\n\n"),
        ("x\n...\n", "a: |\n  x\n  ...\n"),
        (" x\n", "a: |2\n   x\n"),
        ("ends \nso", 'a: "ends \\nso"\n'),
        ("b: c", "a: 'b: c'\n"),
        ("w #c", "a: 'w #c'\n"),
        ("-", "a: '-'\n"),
        ("你好", "a: 你好\n"),
        ("\t", 'a: "\\t"\n'),
        ("2015-02-24T18:19:39Z", 'a: "2015-02-24T18:19:39Z"\n'),
        ("2015-02-30", "a: 2015-02-30\n"),
        ("1:1", 'a: "1:1"\n'),
        ("<<", "a: <<\n"),
        (f"{'word ' * 20}end", f"a: {('word ' * 16).strip()}\n  {'word ' * 4}end\n"),
    ],
)
def test_text_is_quoted_and_folded_as_go_does(value: str, expected: str) -> None:
    assert write_yaml({"a": value}) == expected


def test_keys_come_in_natural_order() -> None:
    ordered = ["", ".1", ".a", "1", "2", "a!10", "a/0001", "a/002", "a/3", "a/10", "a/0012"]
    ordered += ["a/100", "a~10", "ab/1", "b/1", "b/01", "b/2", "b/02", "b1", "b01", "b3", "c2.10"]
    ordered += ["c10.2", "d1", "d7", "d7abc", "d12", "d12a"]
    assert sorted(sorted(ordered), key=cmp_to_key(compare_keys)) == ordered


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("json", ""),
        ("json", '"text"'),
        ("json", "{"),
        ("json", "[" * 500 + "]" * 500),
        ("json", '{"a": NaN}'),
        ("yaml", ""),
        ("yaml", "text"),
        ("yaml", "a: [1"),
        ("yaml", "a: .inf"),
        ("yaml", "a: !!int x"),
        ("yaml", "a: *missing"),
        ("yaml", "? {a: 1}\n: 2"),
        ("yaml", "<<: 5"),
        ("yaml", "%YAML 1.2\n---\na: 1"),
        ("yaml", "a: !!binary x"),
        ("yaml", "a: " + "[" * 500 + "]" * 500),
        (
            "yaml",
            "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + "".join(
                f"{n}: &{n} [*{o},*{o},*{o},*{o},*{o},*{o},*{o},*{o},*{o},*{o}]\n"
                for o, n in ("ab", "bc", "cd", "de", "ef", "fg", "gh", "hi")
            ),
        ),
    ],
)
def test_text_that_cannot_be_patched_fails(language: str, text: str) -> None:
    with pytest.raises(OverrideFailed):
        after(text, language, put("/new", 1))


@pytest.mark.parametrize("path", ["", "data/a", "/data", "/data/missing", "/list/0", "/list/-1"])
def test_a_path_that_leads_to_no_string_fails(path: str) -> None:
    rule = {"fieldPath": path, "json": [put("/x", 1)]}
    with pytest.raises(OverrideFailed):
        apply({"data": {"a": "{}"}, "list": [5]}, decode_overriders({"fieldOverrider": [rule]}))


def test_the_patch_shown_is_a_replacement_of_the_whole_text() -> None:
    rule = {"fieldPath": "/list/0", "json": [put("/x", 1)]}
    _, patch = apply({"list": ["{}"]}, decode_overriders({"fieldOverrider": [rule]}))
    assert patch == ({"op": "replace", "path": "/list/0", "value": '{"x":1}'},)
