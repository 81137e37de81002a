"""managedFields: which fields a manager owns, and how the server sees the lists among them.

A tree is FieldsV1 as it is: `f:<field>`, `k:<json keys>` and `v:<json value>` lead to trees, `.`
marks the element itself, an empty tree is a leaf. A leaf below which the manifest goes on is
atomic.

Source: structured-merge-diff, fieldpath/serialize.go and serialize-pe.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import orjson

from reconciler.diff.steps import Item, Member, Path, Step

FIELD_MANAGER: Final = "reconciler"
#: Managers that send whole manifests by other ways than server-side apply.
FORMER_APPLIERS: Final = frozenset(
    {
        "before-first-apply",
        "karmada-agent",
        "karmada-controller-manager",
        "kubectl-client-side-apply",
        "kubectl-create",
        "kubectl-replace",
    }
)
Tree = Mapping[str, Any]


def entries_of(observed: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The well-formed entries of `metadata.managedFields`."""
    metadata = observed.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("fieldsV1"), dict):
            yield entry


def own_entry(observed: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What we applied: the entry of our manager with operation Apply."""
    for entry in entries_of(observed):
        if (
            entry.get("manager") == FIELD_MANAGER
            and entry.get("operation") == "Apply"
            and not entry.get("subresource")
        ):
            return entry
    return None


def trees_of_others(
    observed: Mapping[str, Any], managers: tuple[str, ...] | None = None
) -> list[Tree]:
    """The trees of everybody but us, or of the managers named."""
    return [
        entry["fieldsV1"]
        for entry in entries_of(observed)
        if (
            entry.get("manager") in managers
            if managers is not None
            else entry.get("manager") != FIELD_MANAGER
        )
    ]


def without_former_appliers(observed: Mapping[str, Any]) -> list[Any] | None:
    """The managedFields without those who applied the object before us; None when there is none.

    As long as they own a field, taking it out of the manifest would not take it out of the object.
    """
    metadata = observed.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    if not isinstance(entries, list):
        return None
    kept = [one for one in entries if not _is_former_applier(one)]
    return kept if 0 < len(kept) < len(entries) else None


def _is_former_applier(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("operation") == "Update"
        and not entry.get("subresource")
        and entry.get("manager") in FORMER_APPLIERS
    )


def owns(tree: Tree, path: Path) -> bool:
    """Whether a tree owns the value at a path, by itself or as part of something atomic."""
    for step in path:
        below = child(tree, step)
        if below is None:
            return False
        if not below:
            return True
        tree = below
    return True


def child(tree: Tree, step: Step) -> Tree | None:
    """The tree one step further, None where the manager owns nothing there."""
    if isinstance(step, str):
        return subtree(tree.get(f"f:{step}"))
    if isinstance(step, Item):
        item = dict(step.pairs)
        names = (name for name in tree if is_key_of(keys_of(name), item))
        return subtree(tree.get(next(names, "")))
    if isinstance(step, Member):
        return subtree(tree.get(f"v:{orjson.dumps(step.value).decode()}"))
    return subtree(tree.get(f"i:{step}"))


def subtree(value: Any) -> Tree | None:
    """What a server sent, if it is a tree at all."""
    return value if isinstance(value, dict) else None


def items_of(tree: Tree, names: tuple[str, ...]) -> dict[tuple[Any, ...], Tree]:
    """The trees of a keyed list's items by the values of its key fields."""
    return {
        values_of(name, names): below
        for name, below in tree.items()
        if name[:2] == "k:" and isinstance(below, dict)
    }


@lru_cache(maxsize=16384)
def values_of(name: str, names: tuple[str, ...]) -> tuple[Any, ...]:
    """The values of `k:{"name":"web"}` in the order of these key fields."""
    keys = dict(keys_of(name))
    return tuple(keys.get(one) for one in names)


def is_key_of(keys: tuple[tuple[str, Any], ...], item: Mapping[str, Any]) -> bool:
    """Whether an item may be the one with these key values; what it leaves out may be a default."""
    common = [(key, value) for key, value in keys if key in item]
    return bool(common) and all(item[key] == value for key, value in common)


@lru_cache(maxsize=16384)
def keys_of(name: str) -> tuple[tuple[str, Any], ...]:
    """The key fields of `k:{"name":"web"}`; empty for what is no such name."""
    if not name.startswith("k:"):
        return ()
    try:
        keys = orjson.loads(name[2:])
    except orjson.JSONDecodeError:
        return ()
    if not isinstance(keys, dict):
        return ()
    # What cannot be compared quickly is no key.
    return tuple((key, value) for key, value in keys.items() if not isinstance(value, dict | list))


def key_names(tree: Tree) -> tuple[str, ...]:
    """The key fields of a keyed list as the server sees it; empty for another kind of list."""
    for name in tree:
        if name.startswith("k:"):
            return tuple(key for key, _ in keys_of(name))
    return ()


def is_set(tree: Tree) -> bool:
    """Whether the server sees the list as a set."""
    return any(name.startswith("v:") for name in tree)
