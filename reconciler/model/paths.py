"""File names of Kubernetes identities on our branches: injective and portable.

Rules (design: branches). A path is `<namespace or _cluster>/<group or core>/<Kind>/<name>.yaml`.
Each component is percent-encoded in upper-case hex except `[A-Za-z0-9.-]`. Beyond that, so that
every component is a usable file name anywhere: a dot at either end is encoded too, and so is the
first letter of a name that Windows reserves (`con`, `com1` …). An encoded text longer than 200
bytes is cut there and gets `~` and 16 hex digits of its SHA-256; names that are equal but for case
get the same suffix, uncut, and so does the empty name.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

CLUSTER_SCOPE = "_cluster"
CORE_GROUP = "core"
SUFFIX = ".yaml"
LONGEST = 200

_DOT = ord(".")
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-")
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul"}
    | {f"com{digit}" for digit in range(1, 10)}
    | {f"lpt{digit}" for digit in range(1, 10)}
)


def component(text: str) -> str:
    """One path component for one name; two different names never share one."""
    encoded = _encoded(text)
    if 0 < len(encoded) <= LONGEST:
        return encoded
    return _cut(encoded) + _digest_suffix(text)


def distinct(names: Iterable[str]) -> dict[str, str]:
    """The component of each of several names in one folder, told apart without regard to case."""
    return _told_apart({name: component(name) for name in names})


def object_path(namespace: str, group: str, kind: str, name: str) -> str:
    """Where the object of this identity lies; empty namespace and group mean cluster and core."""
    return "/".join(
        (namespace_folder(namespace), group_folder(group), component(kind), file_name(name))
    )


def namespace_folder(namespace: str) -> str:
    """The first component; `_` is always encoded in names, so no namespace can take `_cluster`."""
    return component(namespace) if namespace else CLUSTER_SCOPE


def group_folder(group: str) -> str:
    """The second component; a group that is really called `core` is told apart."""
    if not group:
        return CORE_GROUP
    return _first_letter_encoded(group) if group.lower() == CORE_GROUP else component(group)


def file_name(name: str) -> str:
    """The last component."""
    return component(name) + SUFFIX


def object_paths(
    identities: Iterable[tuple[str, str, str, str]],
) -> Mapping[tuple[str, str, str, str], str]:
    """Paths of many (namespace, group, kind, name), twins in case told apart folder by folder."""
    everything = list(dict.fromkeys(identities))
    paths = dict.fromkeys(everything, "")
    for depth, name_of in enumerate((namespace_folder, group_folder, component, component)):
        folders: dict[tuple[str, ...], dict[str, None]] = {}
        for identity in everything:
            folders.setdefault(identity[:depth], {})[identity[depth]] = None
        told_apart = {
            (*folder, name): value
            for folder, names in folders.items()
            for name, value in _told_apart({name: name_of(name) for name in names}).items()
        }
        for identity in everything:
            paths[identity] += "/" + told_apart[identity[: depth + 1]]
    return {identity: path[1:] + SUFFIX for identity, path in paths.items()}


def _told_apart(components: Mapping[str, str]) -> dict[str, str]:
    """The same suffix on every one of several components that are equal but for case."""
    twins = Counter(value.lower() for value in components.values())
    return {
        name: value + _digest_suffix(name) if twins[value.lower()] > 1 else value
        for name, value in components.items()
    }


def _encoded(text: str) -> str:
    raw = text.encode("utf-8", "surrogatepass")
    last = len(raw) - 1
    encoded = "".join(
        chr(byte)
        if byte in _PLAIN and not (byte == _DOT and index in {0, last})
        else f"%{byte:02X}"
        for index, byte in enumerate(raw)
    )
    # Windows reserves the name whatever follows its first dot.
    if encoded.partition(".")[0].lower() in _RESERVED:
        return _first_letter_encoded(encoded)
    return encoded


def _first_letter_encoded(text: str) -> str:
    return f"%{ord(text[0]):02X}{text[1:]}"


def _cut(encoded: str) -> str:
    """The first 200 bytes, without half an escape at the end."""
    head = encoded[:LONGEST]
    escape = head.rfind("%", LONGEST - 2)
    return head if escape < 0 else head[:escape]


def _digest_suffix(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"~{digest[:16]}"
