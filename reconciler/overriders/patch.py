"""Strict RFC 6902, as the JSON patch library behind Karmada carries it out.

Strategy: `jsonpatch` does the operations; a pointer class of ours resolves paths the way the Go
library does, and copies every container on the way, so that a body is never changed in place and
what no path touches stays shared.

Rules that differ from `jsonpatch`'s own pointers (evanphx/json-patch v5):

- what stands before the first slash is ignored, and a path without a slash leads nowhere;
- `~` before anything but 0 and 1 is itself;
- array indices are Go integers: `+1` and `01` are 1, negative ones count from the end, where an
  insertion may also name the place behind the last element as -1;
- null on the way is a missing path.

There is no `copy`, `move` or `test` among the overriders' operators, so a patch grows a body only
by what its operations carry; their number is bounded here and the size of the result in `table.py`.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

import jsonpatch
from jsonpointer import JsonPointer, JsonPointerException

from reconciler.overriders.overrider import Operation, OverrideFailed

#: Operations that the rules of one object may come to for one cluster.
MAX_OPERATIONS: Final = 10_000

_INDEX = re.compile(r"[+-]?[0-9]{1,18}")


class _Pointer(JsonPointer):
    """A path; resolving it copies the containers it leads through, but for the root."""

    #: Places behind the last element of an array that may be named.
    beyond: ClassVar[int] = 0

    def __init__(self, path: str) -> None:
        head, slash, rest = path.partition("/")
        if head and not slash:
            raise JsonPointerException("no slash")
        self.parts = [_unescaped(part) for part in rest.split("/")] if slash else []

    def to_last(self, doc: Any) -> tuple[Any, Any]:
        """The container that holds the last step, a copy already, and the step in its terms."""
        if not self.parts:
            return doc, None
        for part in self.parts[:-1]:
            doc = _thawed_child(doc, part)
        last = self.parts[-1]
        if isinstance(doc, list) and not (self.beyond and last == "-"):
            return doc, _index(last, len(doc) + self.beyond)
        return doc, last


class _InsertionPointer(_Pointer):
    beyond = 1


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _thawed_child(parent: Any, part: str) -> Any:
    key: str | int = _index(part, len(parent)) if isinstance(parent, list) else part
    if isinstance(parent, dict) and part not in parent:
        raise JsonPointerException("missing")
    child = parent[key]
    if not isinstance(child, dict | list):
        raise JsonPointerException("not a container")
    parent[key] = child = child.copy()
    return child


def _index(part: str, size: int) -> int:
    if not _INDEX.fullmatch(part):
        raise JsonPointerException("not an index")
    index = int(part)
    if index < 0:
        index += size
    if not 0 <= index < size:
        raise JsonPointerException("out of range")
    return index


_OPERATIONS: Final[dict[str, tuple[type[Any], type[_Pointer]]]] = {
    "add": (jsonpatch.AddOperation, _InsertionPointer),
    "remove": (jsonpatch.RemoveOperation, _Pointer),
    "replace": (jsonpatch.ReplaceOperation, _Pointer),
}


def patched(document: Any, operations: list[Operation]) -> Any:
    """The document after all operations, sharing what they left alone.

    Raises `OverrideFailed` on the first operation that does not apply.
    """
    if not operations:
        return document
    result = document.copy()
    for one in operations:
        kind, pointer = _OPERATIONS[one["op"]]
        try:
            result = kind(one, pointer_cls=pointer).apply(result)
        except (jsonpatch.JsonPatchException, JsonPointerException, TypeError) as refusal:
            raise OverrideFailed(
                f"{one['op']} at {one['path']!r} does not apply: the path is not there"
            ) from refusal
        if not isinstance(result, dict | list):
            raise OverrideFailed(f"{one['op']} at {one['path']!r} leaves no object")
    return result
