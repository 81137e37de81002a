"""A finished manifest as canonical JSON, cut where each cluster's stamp goes in.

Strategy: two markers stand for the stamp while the JSON is written, and the bytes are cut at them.
A marker that also occurs in the manifest is made longer until it does not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final

import orjson

from reconciler.model.work import Body

_SLOTS: Final = ("namespace", "id")


def cut_body(finish: Callable[[str, str], dict[str, Any]]) -> Body:
    """The shared body of a manifest that `finish(namespace, id)` stamps."""
    suffix = ""
    while True:
        markers = [f"@{slot}{suffix}@" for slot in _SLOTS]
        text = orjson.dumps(finish(*markers), option=orjson.OPT_SORT_KEYS)
        if all(text.count(marker.encode()) == 1 for marker in markers):
            return _cut(text, dict(zip((one.encode() for one in markers), _SLOTS, strict=True)))
        suffix += "_"


def _cut(text: bytes, slots: dict[bytes, str]) -> Body:
    parts = re.split(b"(" + b"|".join(re.escape(marker) for marker in slots) + b")", text)
    pieces = tuple(parts[::2])
    return Body(
        digest=hashlib.sha256(b"\0".join(pieces)).hexdigest(),
        pieces=pieces,
        slots=tuple(slots[marker] for marker in parts[1::2]),
    )
