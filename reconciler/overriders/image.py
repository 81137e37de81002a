"""imageOverrider: change the registry, the repository, or the tag or digest of images.

Without a predicate it speaks of every container of the kinds in `pod_containers.py`, and of nothing
in other kinds; with one, of the string at that path (karmada-semantics §2.12).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from reconciler.overriders.image_reference import BadReference, ImageReference, parse_image
from reconciler.overriders.overrider import (
    Body,
    Operation,
    Operator,
    OverrideFailed,
    Overrider,
    operation,
)
from reconciler.overriders.pod_containers import containers

_INDEX = re.compile(r"[+-]?[0-9]+")


class ImagePart(StrEnum):
    """The part of a reference that a rule changes; `TAG` stands for tag or digest."""

    REGISTRY = "Registry"
    REPOSITORY = "Repository"
    TAG = "Tag"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRule:
    """`predicate` is the path of one image, None for all containers. `add` appends the value."""

    part: ImagePart
    operator: Operator
    value: str
    predicate: str | None


def decode(raw: Mapping[str, Any]) -> ImageRule:
    """One element of `imageOverrider`."""
    predicate = raw.get("predicate")
    return ImageRule(
        part=ImagePart(raw["component"]),
        operator=Operator(raw["operator"]),
        value=raw.get("value") or "",
        predicate=None if predicate is None else str(predicate.get("path") or ""),
    )


def operations(body: Body, rule: ImageRule) -> list[Operation]:
    """One `replace` for each image it speaks of."""
    if rule.predicate is None:
        images = [(f"{path}/image", _image_of(one)) for path, one in containers(body)]
    else:
        images = [(rule.predicate, _image_at(body, rule.predicate))]
    return [
        operation(Operator.REPLACE, path, _changed(image, rule, path)) for path, image in images
    ]


def _image_of(container: dict[str, Any]) -> str:
    image = container.get("image")
    if image is not None and not isinstance(image, str):
        raise OverrideFailed("the image of a container is not a string")
    return image or ""


def _image_at(body: Body, path: str) -> str:
    """The string at a slash-separated path, which knows no `~1` escapes."""
    if not path.startswith("/"):
        raise OverrideFailed(f"the image path {path!r} does not start with a slash")
    value: Any = body
    for segment in path.strip("/").split("/"):
        value = _step(value, segment, path)
    if not isinstance(value, str):
        raise OverrideFailed(f"there is no string at the image path {path}")
    return value


def _step(value: Any, segment: str, path: str) -> Any:
    if isinstance(value, dict):
        return value.get(segment)
    if isinstance(value, list) and _INDEX.fullmatch(segment) and 0 <= int(segment) < len(value):
        return value[int(segment)]
    raise OverrideFailed(f"the image path {path} leads nowhere at {segment!r}")


def _changed(image: str, rule: ImageRule, path: str) -> str:
    """The new reference. A failure does not quote the old one: a path may lead into a Secret."""
    try:
        parts = parse_image(image)
    except BadReference as bad:
        raise OverrideFailed(f"{bad}, at {path}") from bad
    return str(_CHANGES[rule.part](parts, rule.operator, rule.value))


def _new_text(old: str, operator: Operator, value: str) -> str:
    match operator:
        case Operator.ADD:
            return old + value
        case Operator.REPLACE:
            return value
        case Operator.REMOVE:
            return ""


def _registry(parts: ImageReference, operator: Operator, value: str) -> ImageReference:
    return replace(parts, hostname=_new_text(parts.hostname, operator, value))


def _repository(parts: ImageReference, operator: Operator, value: str) -> ImageReference:
    return replace(parts, repository=_new_text(parts.repository, operator, value))


def _tag(parts: ImageReference, operator: Operator, value: str) -> ImageReference:
    if operator is Operator.REMOVE:
        return parts.without_tag_or_digest()
    return parts.with_tag_or_digest(_new_text(parts.tag_or_digest, operator, value))


_CHANGES: Final[dict[ImagePart, Callable[[ImageReference, Operator, str], ImageReference]]] = {
    ImagePart.REGISTRY: _registry,
    ImagePart.REPOSITORY: _repository,
    ImagePart.TAG: _tag,
}

OVERRIDER = Overrider(field="imageOverrider", decode=decode, operations=operations)
