"""What the shared vectors do not say about reading: bounds, positions, JSON, and what is left."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.parse.yaml import ProblemKind, Unreadable, locate, read_documents
from reconciler.parse.yaml.reading import MAX_BYTES, MAX_DOCUMENTS, Reading

KIB = 1024


def read(text: str | bytes) -> Reading:
    (reading,) = read_documents(text.encode() if isinstance(text, str) else text)
    return reading


def problem(text: str | bytes) -> tuple[ProblemKind, int, int]:
    found = read(text).problem
    assert found is not None
    return (found.kind, found.line, found.column)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.0", 1),
        ("1e3", 1000),
        ("9.3e18", 9.3e18),
        ("-0.0", 0),
        ("0b-1", -1),
        ("-0x1F", -31),
        ("+18446744073709551615", 18446744073709551615.0),
        ("-9223372036854775809", -9223372036854775808),
        ("0x1FFFFFFFFFFFFFFFF", "0x1FFFFFFFFFFFFFFFF"),
        ("1" * 400, "1" * 400),
        ("._5", "._5"),
        ("!!timestamp 2001-01-01", "2001-01-01"),
        ("! 12", "12"),
        ("!!str yes", "yes"),
    ],
)
def test_scalars_mean_what_go_makes_of_them(text: str, expected: Any) -> None:
    value = read(f"k: {text}\n").value["k"]
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("1e6", "1e+06"),
        ("100000.0", "100000"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("16777217.0", "1.6777216e+07"),
        ("-1.5", "-1.5"),
        ("1e300", ".inf"),
        ("-.inf", "-.inf"),
        (".nan", ".nan"),
        ("0x10", "16"),
        ("off", "false"),
    ],
)
def test_keys_are_spelt_as_go_prints_them(key: str, expected: str) -> None:
    assert read(f"{key}: v\n").value == {expected: "v"}


@pytest.mark.parametrize(
    "text", ["!!int x", "!!float x", "!!bool 1", "!!timestamp x", "!!binary '*'", "!!null x"]
)
def test_a_value_that_contradicts_its_tag_is_refused(text: str) -> None:
    assert problem(f"a: 1\nk: {text}\n") == (ProblemKind.VALUE, 2, 4)


@pytest.mark.parametrize("key", ["~", "[a]", "{a: b}", "18446744073709551615"])
def test_keys_that_json_does_not_have_are_refused(key: str) -> None:
    assert problem(f"? {key}\n: v\n")[0] is ProblemKind.VALUE


def test_the_same_key_in_two_spellings_is_a_duplicate() -> None:
    assert problem("1: a\n'1': b\n") == (ProblemKind.DUPLICATE_KEY, 2, 1)


def test_after_a_duplicate_the_rest_is_still_read_and_the_first_value_stays() -> None:
    reading = read("a: 1\na: {b: [2]}\nc: 3\n")
    assert reading.value == {"a": 1, "c": 3}


def test_what_was_read_before_a_problem_is_kept() -> None:
    assert read("kind: A\nmetadata: {name: x, labels: {a: b\n").value == {
        "kind": "A",
        "metadata": {"name": "x", "labels": {"a": "b"}},
    }


def test_positions_count_from_the_beginning_of_the_file() -> None:
    _, second = read_documents(b"a: 1\n---\nb: 1\nb: 2\n")
    assert second.problem is not None
    assert (second.problem.line, second.problem.column) == (4, 1)


def test_merges_take_maps_only_and_never_override() -> None:
    assert read("a: &a {x: 1}\nb: {<<: *a, z: 2}\n").value["b"] == {"x": 1, "z": 2}
    assert problem("a: &a [1]\nb: {<<: *a}\n")[0] is ProblemKind.SYNTAX
    assert problem("a: &a {x: 1}\nb: {x: 2, <<: *a}\n")[0] is ProblemKind.DUPLICATE_KEY
    assert read("a: {'<<': 1}\n").value == {"a": {"<<": 1}}


def test_an_alias_inside_its_own_anchor_is_refused() -> None:
    assert problem("a: &a [*a]\n")[0] is ProblemKind.SYNTAX
    assert problem("a: &a {b: {<<: *a}}\n")[0] is ProblemKind.SYNTAX


def test_anchors_do_not_reach_into_the_next_document() -> None:
    _, second = read_documents(b"a: &a 1\n---\nb: *a\n")
    assert second.problem is not None


def test_a_few_aliases_are_fine_and_a_bomb_is_not() -> None:
    shared = "a: &a {x: 1, y: 2}\n" + "".join(f"k{number}: *a\n" for number in range(500))
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    for before, after in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{after}: &{after} [{','.join([f'*{before}'] * 9)}]")
    assert read(shared).problem is None
    assert problem("\n".join(lines))[0] is ProblemKind.ALIASES


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", '{"a":'])
def test_nesting_is_bounded(opening: str) -> None:
    assert problem(opening * 20_000)[0] is ProblemKind.LIMIT


def test_size_and_number_of_documents_are_bounded() -> None:
    with pytest.raises(Unreadable, match="MiB"):
        read_documents(b"a" * (MAX_BYTES + 1))
    with pytest.raises(Unreadable, match="documents"):
        read_documents(b"---\na\n" * (MAX_DOCUMENTS + 1))


def test_a_second_document_on_the_separator_line_is_not_lost() -> None:
    assert problem("a: 1\n--- {b: 2}\n")[0] is ProblemKind.SYNTAX
    assert problem("a: 1\n...\nb: 2\n")[0] is ProblemKind.SYNTAX


def test_utf_16_and_byte_order_marks_are_read() -> None:
    assert read("a: ü\n".encode("utf-16")).value == {"a": "ü"}
    assert read(b"\xef\xbb\xbfa: 1\n").value == {"a": 1}


def test_json_reads_as_yaml_does_and_has_surrogates_besides() -> None:
    assert read('{"a": 1.0, "b": 1e2, "c": "\\ud83d\\ude00"}').value == {
        "a": 1,
        "b": 100,
        "c": "😀",
    }
    assert problem('{"a": 1, "a": 2}') == (ProblemKind.DUPLICATE_KEY, 1, 10)
    assert problem('{"a": NaN, "b": [1,}')[0] is ProblemKind.SYNTAX
    assert problem('{"a": "\\ud800"}')[0] is ProblemKind.SYNTAX
    assert read('{"a": 123456789012345678901234567890}').value == {"a": 1.2345678901234568e29}


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ((), (5, 1)),
        (("spec",), (7, 1)),
        (("spec", "ports", 1), (9, 5)),
        (("spec", "ports", 1, "port"), (9, 15)),
        (("spec", "ports", 7, "port"), (8, 3)),
        (("spec", "missing"), (7, 1)),
        (("true",), (10, 1)),
    ],
)
def test_places_are_found_again(pointer: tuple[str | int, ...], place: tuple[int, int]) -> None:
    text = (
        "a: 1\nb: 2\n---\n# comment\nkind: Service\nmetadata: {}\nspec:\n"
        "  ports: [{port: 1},\n    {name: x, port: 2}]\nyes: 1\n"
    )
    assert locate(text.encode(), 1, pointer) == place


def test_places_of_documents_that_are_not_there_are_not_known() -> None:
    assert locate(b"a: 1\n", 3, ("a",)) == (0, 0)
