"""Documents that contradict each other: one identity twice, one operation customized twice.

Nobody can say which one is meant, so all of them are frozen.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Final

from reconciler.model.diagnostic import Position
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.policy import OverridePolicy, PropagationPolicy
from reconciler.parse.built import Built
from reconciler.parse.problems import diagnostic
from reconciler.parse.validation.shapes import part, text

#: Places of the others that a message names.
_SHOWN: Final = 3
#: The one operation whose customizations are merged (karmada-semantics §1.10).
_MERGED: Final = "dependencyInterpretation"

Operation = tuple[str, str, str]


def without_twins(built: list[Built]) -> list[Built]:
    """The same documents, those that share an identity frozen."""
    keys = [one.key for one in built if one.key is not None]
    if len(set(keys)) == len(keys):
        return built
    places = _places((one.key, one) for one in built if one.key is not None)
    return [
        one if one.key is None or len(places[one.key]) == 1 else _twin(one, one.key, places)
        for one in built
    ]


def without_rivals(built: list[Built]) -> list[Built]:
    """The same documents, customizations of one operation of one kind frozen."""
    if not any(isinstance(one.value, Manifest) for one in built):
        return built
    places = _places((operation, one) for one in built for operation in _operations(one))
    return [_rival(one, places) for one in built]


def _places(pairs: Iterable[tuple[Hashable, Built]]) -> Mapping[Hashable, list[Position]]:
    places: dict[Hashable, list[Position]] = defaultdict(list)
    for token, one in pairs:
        places[token].append(one.position)
    return places


def _elsewhere(position: Position, places: list[Position]) -> str:
    shown = [str(place) for place in places[: _SHOWN + 1] if place != position][:_SHOWN]
    rest = len(places) - 1 - len(shown)
    return ", ".join(shown or [str(position)]) + (f" and {rest} more" if shown and rest else "")


def _twin(one: Built, key: ObjectKey, places: Mapping[Hashable, list[Position]]) -> Built:
    others = _elsewhere(one.position, places[key])
    message = f"{key} is declared more than once, also at {others}"
    problem = diagnostic("RC016", message, one.position, hint="keep one", subject=str(key))
    reach = one.reach
    if isinstance(one.value, PropagationPolicy | OverridePolicy):
        reach = dataclasses.replace(one.value, is_frozen=True)
    return Built(one.position, key, (*one.diagnostics, problem), reach=reach)


def _rival(one: Built, places: Mapping[Hashable, list[Position]]) -> Built:
    shared = [operation for operation in _operations(one) if len(places[operation]) > 1]
    if not shared:
        return one
    api_version, kind, operation = shared[0]
    others = _elsewhere(one.position, places[shared[0]])
    message = f"{operation} of {api_version} {kind} is customized more than once, also at {others}"
    problem = diagnostic("RC029", message, one.position, hint="keep one", subject=str(one.key))
    return Built(one.position, one.key, (*one.diagnostics, problem))


def _operations(one: Built) -> Iterator[Operation]:
    """Operations that a customization claims for itself."""
    key = one.key
    if not isinstance(one.value, Manifest) or key is None:
        return
    if (key.group, key.kind) != ("config.karmada.io", "ResourceInterpreterCustomization"):
        return
    target = part(one.value.body, "spec", "target")
    for operation, script in part(one.value.body, "spec", "customizations").items():
        if script is not None and operation != _MERGED:
            yield (text(target, "apiVersion"), text(target, "kind"), operation)
