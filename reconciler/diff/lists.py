"""How lists of built-in kinds are merged: by which key fields their items are told apart.

Source: `x-kubernetes-list-type` and `-map-keys` of the published Kubernetes schemas. Among the
built-in kinds a field's name is enough, but for `ports`, where the items' own fields decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reconciler.diff.steps import Item

_NAME: Final = (("name",),)
LIST_KEYS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "claims": _NAME,
    "conditions": (("type",),),
    "containers": _NAME,
    "drivers": _NAME,
    "env": _NAME,
    "ephemeralContainers": _NAME,
    "hostAliases": (("ip",),),
    "imagePullSecrets": _NAME,
    "initContainers": _NAME,
    "matchConditions": _NAME,
    "ownerReferences": (("uid",),),
    "ports": (("containerPort", "protocol"), ("port", "protocol")),
    "resourceClaims": _NAME,
    "schedulingGates": _NAME,
    "secrets": _NAME,
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
    "variables": _NAME,
    "volumeDevices": (("devicePath",),),
    "volumeMounts": (("mountPath",),),
    "volumes": _NAME,
    "webhooks": _NAME,
}
SETS: Final = frozenset({"finalizers", "volumeLifecycleModes", "validationActions"})
#: Atomic lists that older servers give back in another order: HorizontalPodAutoscalers before
#: autoscaling/v2 was stored.
SHUFFLED: Final = frozenset({"metrics"})
#: Values that the server fills into key fields.
KEY_DEFAULTS: Final[Mapping[str, Any]] = {"protocol": "TCP"}
#: Fields by which items of lists without a schema are recognised when differences are shown.
TELLING: Final = ("name", "key", "type", "path", "host", "ip", "id")


def is_built_in(api_version: str) -> bool:
    """Whether a group is one of Kubernetes' own, whose API servers drop empty and zero values."""
    group = api_version.rpartition("/")[0]
    return "." not in group or group.endswith(".k8s.io")


def with_key_defaults(field: Any, items: list[Any]) -> list[Any]:
    """The items with the key fields that they leave to the server; other lists as they are."""
    for keys in LIST_KEYS.get(field, ()):
        defaults = {key: KEY_DEFAULTS[key] for key in keys if key in KEY_DEFAULTS}
        if defaults and is_keyed_by(keys, items):
            return [{**defaults, **item} for item in items]
    return items


def telling_keys(*lists: Sequence[Any]) -> tuple[str, ...]:
    """A field that tells the items of each of these lists apart; empty when there is none."""
    for name in TELLING:
        if all(is_keyed_by((name,), items) for items in lists):
            return (name,)
    return ()


def is_keyed_by(keys: tuple[str, ...], items: Sequence[Any]) -> bool:
    """Whether all items are maps with these fields (or their defaults), no two alike."""
    return indexed(keys, items) is not None


def indexed(keys: tuple[str, ...], items: Sequence[Any]) -> dict[tuple[Any, ...], Any] | None:
    """The items by the values of their key fields; None when one lacks them or two are alike."""
    found: dict[tuple[Any, ...], Any] = {}
    for item in items:
        if not isinstance(item, dict):
            return None
        values = tuple([item.get(key) or KEY_DEFAULTS.get(key) for key in keys])
        for value in values:
            if value is None or isinstance(value, dict | list):
                return None
        found[values] = item
    return found if len(found) == len(items) else None


def item_of(keys: tuple[str, ...], item: Mapping[str, Any]) -> Item:
    """The step to an item."""
    return Item(keys, tuple([item.get(key) or KEY_DEFAULTS.get(key) for key in keys]))
