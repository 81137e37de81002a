"""Laws of file names on our branches: two identities never share a file on any file system."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.paths import component, distinct, object_path, object_paths

# Names as hostile as they come, and names close to each other.
NAMES = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="aA.%~_-/\\ é", max_size=6),
    st.text(alphabet="ab%", min_size=190, max_size=400),
    st.sampled_from(
        ["con", "CON", "con.x", "com1", "core", "_cluster", ".", "..", ".git", "a.", ""]
    ),
)
IDENTITIES = st.tuples(NAMES, NAMES, NAMES, NAMES)
PORTABLE = re.compile(r"(?:[A-Za-z0-9.%-]{1,200}|[A-Za-z0-9.%-]{0,200}~[0-9a-f]{16})")
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


@settings(deadline=None)
@given(NAMES, NAMES)
def test_two_names_never_share_a_component(one: str, other: str) -> None:
    assert (component(one) == component(other)) == (one == other)


@settings(deadline=None)
@given(NAMES)
def test_a_component_is_a_file_name_anywhere(name: str) -> None:
    value = component(name)
    assert PORTABLE.fullmatch(value)
    assert not value.startswith(".")
    assert not value.endswith(".")
    assert not RESERVED.fullmatch(value)


@settings(deadline=None)
@given(st.lists(NAMES, max_size=8))
def test_names_of_one_folder_differ_without_regard_to_case(names: list[str]) -> None:
    values = distinct(names)
    assert set(values) == set(names)
    assert len({value.lower() for value in values.values()}) == len(values)
    assert values == distinct(reversed(names))
    assert all(PORTABLE.fullmatch(value) for value in values.values())


@settings(deadline=None)
@given(st.lists(IDENTITIES, max_size=6))
def test_objects_of_one_branch_never_share_a_file(
    identities: list[tuple[str, str, str, str]],
) -> None:
    paths = object_paths(identities)
    assert len({path.lower() for path in paths.values()}) == len(set(identities))
    assert all(path.count("/") == 3 and path.endswith(".yaml") for path in paths.values())


@settings(deadline=None)
@given(IDENTITIES, IDENTITIES)
def test_two_identities_never_share_a_path(
    one: tuple[str, str, str, str], other: tuple[str, str, str, str]
) -> None:
    assert (object_path(*one) == object_path(*other)) == (one == other)


@settings(deadline=None)
@given(IDENTITIES)
def test_alone_an_object_lies_where_its_identity_says(identity: tuple[str, str, str, str]) -> None:
    assert object_paths([identity]) == {identity: object_path(*identity)}
