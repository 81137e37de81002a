"""JSON patch, JSON merge patch and strategic merge patch over plain dicts.

Sources: RFC 6902 (through jsonpatch), RFC 7386, and apimachinery strategicpatch for directives and
the order of merged lists.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import jsonpatch

from reconciler.adapters.simulation.errors import ApiError, bad_request
from reconciler.adapters.simulation.shapes import ANYTHING, ListOf, MapOf, Shape, Struct

_DIRECTIVE: Final = "$patch"
_ORDER: Final = "$setElementOrder/"
_DELETE_PRIMITIVES: Final = "$deleteFromPrimitiveList/"
_RETAIN_KEYS: Final = "$retainKeys"


def json_patch(manifest: dict[str, Any], operations: Any) -> dict[str, Any]:
    """RFC 6902. A failed test or a path that is not there is 422, as the API server answers."""
    if not isinstance(operations, list):
        raise bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    try:
        result: dict[str, Any] = jsonpatch.JsonPatch(operations).apply(manifest)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise unprocessable() from error
    return result


def unprocessable() -> ApiError:
    """A patch that cannot be carried out, whatever is wrong with it."""
    message = "the server rejected our request due to an error in our request"
    return ApiError(422, "Invalid", message, {})


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result


def strategic_patch(
    target: Any, patch: dict[str, Any], shape: Shape, *, keeps_nulls: bool = False
) -> Any:
    """Lists merge by key or as sets where the type says so; directives are obeyed.

    `keeps_nulls`: maps that are new arrive with their nulls, as in old servers.
    """
    directive = patch.get(_DIRECTIVE)
    if directive == "replace":
        return {name: value for name, value in patch.items() if name != _DIRECTIVE}
    if directive == "delete":
        return {}
    result = dict(target) if isinstance(target, dict) else {}
    if _RETAIN_KEYS in patch:
        kept = set(patch[_RETAIN_KEYS])
        result = {name: value for name, value in result.items() if name in kept}
    for name, value in patch.items():
        if name.startswith("$"):
            continue
        if value is None:
            result.pop(name, None)
            continue
        below = _field(shape, name)
        if isinstance(value, dict):
            is_new = keeps_nulls and name not in result and not _has_directives(value)
            result[name] = (
                value
                if is_new
                else strategic_patch(result.get(name), value, below, keeps_nulls=keeps_nulls)
            )
        else:
            result[name] = _strategic_list(result.get(name), value, below, patch.get(_ORDER + name))
    _order_untouched(result, patch, shape)
    return result


def _field(shape: Shape, name: str) -> Shape:
    if isinstance(shape, Struct):
        return shape.field(name) or ANYTHING
    return shape.item if isinstance(shape, MapOf) else ANYTHING


def _has_directives(patch: dict[str, Any]) -> bool:
    return any(
        name.startswith("$") or (isinstance(value, dict) and _has_directives(value))
        for name, value in patch.items()
    )


def _strategic_list(old: Any, value: Any, shape: Shape, order: list[Any] | None) -> Any:
    if isinstance(value, list) and isinstance(shape, ListOf) and "merge" in shape.strategy:
        if shape.merge_key:
            return _merged_maps(old or [], value, shape, order)
        return _merged_primitives(old or [], value, order)
    return value


def _order_untouched(result: dict[str, Any], patch: dict[str, Any], shape: Shape) -> None:
    """Directives that concern a list which the patch itself does not carry."""
    for name, value in patch.items():
        if name.startswith(_DELETE_PRIMITIVES):
            target = name.removeprefix(_DELETE_PRIMITIVES)
            result[target] = [item for item in result.get(target, []) if item not in value]
        elif name.startswith(_ORDER):
            target = name.removeprefix(_ORDER)
            below = _field(shape, target)
            if target not in patch and isinstance(below, ListOf):
                identity = _identity(below)
                result[target] = _ordered(result.get(target, []), [], value, identity)


def _identity(shape: ListOf) -> Callable[[Any], Any]:
    if shape.merge_key:
        return lambda item: item.get(shape.merge_key) if isinstance(item, dict) else item
    return lambda item: item


def _merged_primitives(old: list[Any], new: list[Any], order: list[Any] | None) -> list[Any]:
    merged = [*old, *(item for item in new if item not in old)]
    listed = order or new
    in_patch = [item for item in merged if item in listed]
    rest = [item for item in merged if item not in listed]
    return _interleaved(rest, in_patch, old, order or new, lambda item: item)


def _merged_maps(
    old: list[Any], new: list[Any], shape: ListOf, order: list[Any] | None
) -> list[Any]:
    key = shape.merge_key
    if any(isinstance(item, dict) and item.get(_DIRECTIVE) == "replace" for item in new):
        return [item for item in new if item.get(_DIRECTIVE) != "replace"]
    by_key = {item.get(key): item for item in old if isinstance(item, dict)}
    patched: list[Any] = []
    for item in new:
        if not isinstance(item, dict) or key not in item:
            raise bad_request(f"map: {item} does not contain declared merge key: {key}")
        if item.get(_DIRECTIVE) == "delete":
            by_key.pop(item[key], None)
            continue
        by_key[item[key]] = strategic_patch(by_key.get(item[key]), item, shape.item)
        patched.append(item)
    identity = _identity(shape)
    names = [identity(item) for item in order or patched]
    in_patch = [by_key[name] for name in dict.fromkeys(names) if name in by_key]
    rest = [item for name, item in by_key.items() if name not in names]
    return _interleaved(rest, in_patch, old, order or patched, identity)


def _interleaved(
    server_only: list[Any],
    patched: list[Any],
    server_order: list[Any],
    patch_order: list[Any],
    identity: Callable[[Any], Any],
) -> list[Any]:
    """Source: strategicpatch normalizeElementOrder, mergeSortedSlice."""
    wanted = [identity(item) for item in patch_order]
    patched = sorted(
        patched,
        key=lambda item: wanted.index(identity(item)) if identity(item) in wanted else len(wanted),
    )
    places = [identity(item) for item in server_order]
    result: list[Any] = []
    left, right = list(server_only), list(patched)
    while left and right:
        first, second = identity(left[0]), identity(right[0])
        before = first in places and second in places and places.index(first) < places.index(second)
        result.append(left.pop(0) if before else right.pop(0))
    return result + left + right


def _ordered(
    server: list[Any], patched: list[Any], order: list[Any], identity: Callable[[Any], Any]
) -> list[Any]:
    wanted = [identity(item) for item in order]
    listed = [item for item in server if identity(item) in wanted]
    rest = [item for item in server if identity(item) not in wanted]
    return _interleaved(rest, [*listed, *patched], server, order, identity)
