"""The differences between an observed and a desired value, path by path.

Rules. Every desired field must be observed with an equal value. An observed field that is not
desired counts only when we own it (it was ours and is not sent any more) or when it stands inside
an atomic value; whatever else is there belongs to others or is a default. `EVERYTHING` as the tree
of what we own turns the comparison into an exact one.

Lists are told apart as the server does: by the managedFields where they speak, by the built-in
table otherwise; a list that neither knows is atomic, its order counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.diff import managed
from reconciler.diff.lists import LIST_KEYS, SETS, SHUFFLED, indexed, item_of, telling_keys
from reconciler.diff.managed import Tree
from reconciler.diff.normal import is_dropped_by_server, is_filled_in, is_same_scalar
from reconciler.diff.order import ORDERED, is_in_order
from reconciler.diff.steps import Item, Member, Path


class _Absent:
    """The value of a field that is not there."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
#: A tree that owns whatever is there.
EVERYTHING: Final[Tree] = {"*": {}}
_NOTHING: Final[Tree] = {}


@dataclass(frozen=True, slots=True)
class Difference:
    """One path where the two differ; a side where nothing stands is ABSENT."""

    path: Path
    observed: Any
    desired: Any


@dataclass(slots=True)
class Walk:
    """One comparison: what it knows about the kind, and the differences found so far."""

    is_built_in: bool
    found: list[Difference]

    def value(self, path: Path, desired: Any, observed: Any, owned: Tree) -> None:
        """Compare at one path; `owned` is our tree there, empty when we own nothing below."""
        if isinstance(desired, dict) and isinstance(observed, dict):
            self.fields(path, desired, observed, owned)
        elif isinstance(desired, list) and isinstance(observed, list):
            self.items(path, desired, observed, owned)
        elif not is_same_scalar(path, desired, observed, is_built_in=self.is_built_in):
            self.found.append(Difference(path, observed, desired))

    def fields(
        self, path: Path, desired: Mapping[str, Any], observed: Mapping[str, Any], owned: Tree
    ) -> None:
        """Compare two maps."""
        exact = owned is EVERYTHING
        for name, value in desired.items():
            if value is None:
                continue
            other = observed.get(name)
            below = owned if exact else managed.subtree(owned.get("f:" + name))
            if other is None:
                self.missing((*path, name), value, is_owned=below is not None and not exact)
            elif value.__class__ is other.__class__ is str:
                if value != other:
                    self.value((*path, name), value, other, _NOTHING)
            elif below is not None and not below and value and isinstance(value, dict | list):
                self.atomic((*path, name), value, other)
            else:
                self.value((*path, name), value, other, below or _NOTHING)
        if exact:
            self.exact_extras(path, desired, observed)
        elif owned:
            self.dropped_fields(path, desired, observed, owned)

    def missing(self, path: Path, value: Any, *, is_owned: bool) -> None:
        """A desired value that is not there; what we own and the server drops is no difference."""
        if is_dropped_by_server(path[-1], value, is_built_in=self.is_built_in):
            return
        if is_owned and not value:
            return
        self.found.append(Difference(path, ABSENT, value))

    def dropped_fields(
        self, path: Path, desired: Mapping[str, Any], observed: Mapping[str, Any], owned: Tree
    ) -> None:
        """Fields that we own, that are there, and that are not sent any more."""
        for step in owned:
            if step[:2] != "f:":
                continue
            name = step[2:]
            if desired.get(name) is None and observed.get(name) is not None:
                self.found.append(Difference((*path, name), observed[name], ABSENT))

    def exact_extras(
        self, path: Path, desired: Mapping[str, Any], observed: Mapping[str, Any]
    ) -> None:
        """Fields of the other side, for a comparison in which all of them count."""
        for name, value in observed.items():
            if value is not None and desired.get(name) is None:
                self.found.append(Difference((*path, name), value, ABSENT))

    def items(self, path: Path, desired: list[Any], observed: list[Any], owned: Tree) -> None:
        """Compare two lists."""
        exact = owned is EVERYTHING
        if self.is_keyed(path, desired, observed, owned):
            return
        if not exact and (managed.is_set(owned) or path[-1] in SETS):
            self.members(path, desired, observed, owned)
        elif exact:
            self.listed(path, desired, observed, EVERYTHING)
        else:
            self.atomic(path, desired, observed)

    def is_keyed(self, path: Path, desired: list[Any], observed: list[Any], owned: Tree) -> bool:
        """Compare by key, and say whether that was possible."""
        names = managed.key_names(owned)
        candidates: tuple[tuple[str, ...], ...] = (names,) if names else ()
        if not names and self.is_built_in and isinstance(path[-1], str):
            candidates = LIST_KEYS.get(path[-1], ())
        for keys in candidates:
            wanted, there = indexed(keys, desired), indexed(keys, observed)
            if wanted is not None and there is not None:
                self.keyed(path, keys, wanted, there, owned)
                return True
        return False

    def keyed(
        self,
        path: Path,
        keys: tuple[str, ...],
        wanted: Mapping[tuple[Any, ...], Mapping[str, Any]],
        there: Mapping[tuple[Any, ...], Mapping[str, Any]],
        owned: Tree,
    ) -> None:
        """Compare two lists item by item, each found by its key."""
        exact = owned is EVERYTHING
        ours = managed.items_of(owned, keys)
        for values, item in wanted.items():
            other = there.get(values)
            if other is None:
                self.found.append(Difference((*path, Item(keys, values)), ABSENT, item))
            else:
                below = owned if exact else ours.get(values, _NOTHING)
                self.fields((*path, Item(keys, values)), item, other, below)
        if self.is_built_in and path[-1] in ORDERED:
            self.order(path, list(wanted), list(there))
        for values, other in there.items():
            if values not in wanted and (exact or values in ours):
                self.found.append(Difference((*path, Item(keys, values)), other, ABSENT))

    def order(
        self, path: Path, wanted: Sequence[tuple[Any, ...]], there: Sequence[tuple[Any, ...]]
    ) -> None:
        """The same items in another order, where that means something: shown by their names."""
        if not is_in_order(wanted, there):
            before, after = ([values[0] for values in items] for items in (there, wanted))
            self.found.append(Difference(path, before, after))

    def members(
        self, path: Path, desired: Sequence[Any], observed: Sequence[Any], owned: Tree
    ) -> None:
        """Compare two sets."""
        for value in desired:
            if value not in observed:
                self.found.append(Difference((*path, Member(value)), ABSENT, value))
        for value in observed:
            if value not in desired and managed.child(owned, Member(value)) is not None:
                self.found.append(Difference((*path, Member(value)), value, ABSENT))

    def atomic(self, path: Path, desired: Any, observed: Any) -> None:
        """Compare a value that is replaced as a whole: extras count unless the server adds them."""
        if isinstance(desired, dict) and isinstance(observed, dict):
            self.atomic_fields(path, desired, observed)
        elif isinstance(desired, list) and isinstance(observed, list):
            self.listed(path, desired, observed, _NOTHING)
        elif not is_same_scalar(path, desired, observed, is_built_in=self.is_built_in):
            self.found.append(Difference(path, observed, desired))

    def atomic_fields(
        self, path: Path, desired: Mapping[str, Any], observed: Mapping[str, Any]
    ) -> None:
        """Compare two maps inside an atomic value."""
        for name, value in desired.items():
            if value is None:
                continue
            other = observed.get(name)
            if other is None:
                self.missing((*path, name), value, is_owned=False)
            else:
                self.atomic((*path, name), value, other)
        for name, value in observed.items():
            # A custom kind's schema may fill in anything; a built-in kind's defaults are known.
            if desired.get(name) is None and self.is_built_in and not is_filled_in(name, value):
                self.found.append(Difference((*path, name), value, ABSENT))

    def listed(
        self, path: Path, desired: Sequence[Any], observed: Sequence[Any], owned: Tree
    ) -> None:
        """Compare two lists in which order counts, saying where items moved in or out."""
        compare = self.atomic if owned is _NOTHING else self._exact
        if self.is_built_in and path[-1] in SHUFFLED:
            observed = self.aligned(path, desired, observed)
        if len(desired) == len(observed):
            for index, (item, other) in enumerate(zip(desired, observed, strict=True)):
                compare((*path, index), item, other)
            return
        keys = telling_keys(desired, observed)
        if not keys:
            self.found.append(Difference(path, list(observed), list(desired)))
            return
        there = {item_of(keys, item): item for item in observed}
        for item in desired:
            other = there.pop(item_of(keys, item), None)
            if other is None:
                self.found.append(Difference((*path, item_of(keys, item)), ABSENT, item))
            else:
                compare((*path, item_of(keys, item)), item, other)
        self.found.extend(Difference((*path, step), other, ABSENT) for step, other in there.items())

    def aligned(self, path: Path, desired: Sequence[Any], observed: Sequence[Any]) -> Sequence[Any]:
        """The observed items, those that equal a desired one in its place."""
        rest = list(observed)
        places: list[Any] = []
        for item in desired:
            equal = next((other for other in rest if self.is_equal(path, item, other)), ABSENT)
            if equal is not ABSENT:
                rest.remove(equal)
            places.append(equal)
        filled = [rest.pop(0) if one is ABSENT and rest else one for one in places]
        return [one for one in filled if one is not ABSENT] + rest

    def is_equal(self, path: Path, desired: Any, observed: Any) -> bool:
        """Whether two atomic values do not differ."""
        probe = Walk(self.is_built_in, [])
        probe.atomic(path, desired, observed)
        return not probe.found

    def _exact(self, path: Path, desired: Any, observed: Any) -> None:
        self.value(path, desired, observed, EVERYTHING)


def differences(
    desired: Mapping[str, Any], observed: Mapping[str, Any], owned: Tree, *, is_built_in: bool
) -> list[Difference]:
    """What would have to change so that `observed` holds what is `desired`."""
    walk = Walk(is_built_in, [])
    walk.fields((), desired, observed, owned)
    return walk.found
