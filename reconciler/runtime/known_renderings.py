"""Known renderings between runs: read from the disposable cache before a plan, kept there after it.

Strategy: one value holds all of them, for each is a few bytes. What this process did not meet is
kept for others that plan the same repository, until it is most of what there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import orjson

from reconciler.render import KnownRenderings
from reconciler.runtime.disk import RENDERINGS, Disk

_KEY: Final = "all"
#: Kept are at most so many times the renderings that a process met.
_MOST: Final = 4
_PAIR: Final = 2


@contextmanager
def renderings_of(disk: Disk, known: KnownRenderings) -> Iterator[None]:
    """For the time of a plan, what is known on disk; then what has become known."""
    if not known.is_on and disk.is_there:
        known.is_on, known.earlier = True, _read(disk)
    yield
    fresh = known.used.keys() - known.earlier.keys()
    if known.is_on and fresh:
        known.earlier = _kept(known)
        disk.put(RENDERINGS, {_KEY: orjson.dumps(known.earlier)})


def _read(disk: Disk) -> dict[str, list[Any]]:
    data = disk.get(RENDERINGS, [_KEY]).get(_KEY)
    if data is None:
        return {}
    try:
        read = orjson.loads(data)
    except ValueError:
        return {}
    is_ours = isinstance(read, dict) and all(map(_is_known, read.values()))
    return read if is_ours else {}


def _is_known(one: Any) -> bool:
    """Whether a value has the shape of what is written here."""
    if not isinstance(one, list) or not one or not isinstance(one[0], bool):
        return False
    return len(one) == 1 or all(_is_face(further) for further in one[1:])


def _is_face(further: Any) -> bool:
    if not isinstance(further, list) or len(further) != _PAIR:
        return False
    face, rules = further
    return isinstance(face, dict) and isinstance(rules, str)


def _kept(known: KnownRenderings) -> dict[str, list[Any]]:
    everything = {**known.earlier, **known.used}
    return everything if len(everything) <= _MOST * len(known.used) else dict(known.used)
