"""What follows from a server's version: one row a behaviour, with the minor that brought it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

OLDEST: Final = 20
NEWEST: Final = 37


# Behaviour → the first minor that has it.
SINCE: Final[Mapping[str, int]] = {
    "labels_namespaces": 21,
    "typed_custom_resources": 21,
    "ip_families": 21,
    "owns_empty_maps": 21,
    "subresource_entries": 22,
    "service_deletes_return_object": 23,
    "openapi_v3": 24,
    "validates_fields": 25,
    "interleaves_lists": 26,
    "strategic_drops_nulls": 26,
    "aggregated_discovery": 27,
    "initial_events": 32,
    "emulation_versions": 33,
    "pod_generation": 33,
    "omits_template_time": 34,
}

# Behaviour → minors that switched it off again.
OFF: Final[Mapping[str, frozenset[int]]] = defaultdict(
    frozenset, {"initial_events": frozenset({33})}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Behaviours of one minor version that a client can see.

    Sources: release notes, and conformance/members-1.20.jsonl against members-1.36.jsonl.
    """

    minor: int
    labels_namespaces: bool  # kubernetes.io/metadata.name
    typed_custom_resources: bool  # apply knows list maps and sets of CRDs
    ip_families: bool  # of Services
    owns_empty_maps: bool  # apply counts an empty map as a field
    subresource_entries: bool  # managedFields name the subresource, and status is reset
    service_deletes_return_object: bool
    openapi_v3: bool
    validates_fields: bool  # ?fieldValidation=
    interleaves_lists: bool  # apply keeps both orders
    strategic_drops_nulls: bool  # a null in a map that is new says nothing
    aggregated_discovery: bool
    initial_events: bool  # ?sendInitialEvents=
    emulation_versions: bool
    pod_generation: bool
    omits_template_time: bool  # pod templates no longer carry creationTimestamp: null


def features(version: str) -> Features:
    """The row of `1.N`. Raises ValueError outside the supported range."""
    found = re.fullmatch(r"v?1\.(\d+)(?:\.\d+)?", version)
    if found is None or not OLDEST <= int(found.group(1)) <= NEWEST:
        raise ValueError(f"version must be 1.{OLDEST} to 1.{NEWEST}, not {version!r}")
    minor = int(found.group(1))
    known = {name: minor >= since and minor not in OFF[name] for name, since in SINCE.items()}
    return Features(minor=minor, **known)
