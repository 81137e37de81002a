"""Two versions of a file of manifests, object by object and field by field, secrets masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.diff.edits import edits_of
from reconciler.diff.lists import is_built_in
from reconciler.diff.redact import SecretValues
from reconciler.diff.walk import EVERYTHING, differences
from reconciler.model.change import Edit
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.mask import MaskNumbers
from reconciler.parse.files import parse_file
from reconciler.plan.masking import numbered_edits


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectDiff:
    """One object: `sign` is `+`, `-` or `~`."""

    sign: str
    key: ObjectKey
    edits: tuple[Edit, ...] = ()


class NotManifestsError(ValueError):
    """A file is not readable as manifests: other tools show it better."""


def file_diff(before: bytes, after: bytes) -> tuple[ObjectDiff, ...]:
    """What changed, by identity; nothing when only comments or order did.

    Raises `NotManifestsError`.
    """
    old, new = _objects(before), _objects(after)
    secrets = SecretValues.of([*old.values(), *new.values()])
    return tuple(_diffs(old, new, secrets))


def _diffs(
    old: Mapping[ObjectKey, dict[str, Any]],
    new: Mapping[ObjectKey, dict[str, Any]],
    secrets: SecretValues,
) -> Iterator[ObjectDiff]:
    numbers = MaskNumbers()
    for key in sorted({*old, *new}):
        if key not in new:
            yield ObjectDiff(sign="-", key=key)
        elif key not in old:
            yield ObjectDiff(sign="+", key=key)
        else:
            version = str(new[key].get("apiVersion", ""))
            found = differences(new[key], old[key], EVERYTHING, is_built_in=is_built_in(version))
            edits = edits_of(found, key, (old[key], new[key]), secrets)
            if edits:
                yield ObjectDiff(sign="~", key=key, edits=numbered_edits(edits, numbers))


def _objects(data: bytes) -> dict[ObjectKey, dict[str, Any]]:
    parsed = parse_file(data)
    bodies = [one.body for one in parsed.documents if one.fault is None and one.body is not None]
    keys = [Manifest(body).key for body in bodies]
    is_odd = parsed.fault is not None or len(bodies) < len(parsed.documents)
    if is_odd or len(set(keys)) < len(keys) or not all(key.kind and key.name for key in keys):
        raise NotManifestsError("the file cannot be read as manifests of different objects")
    return dict(zip(keys, bodies, strict=True))
