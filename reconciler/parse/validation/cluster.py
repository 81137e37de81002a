"""Cluster of cluster.karmada.io (karmada-semantics §1.3).

Karmada: pkg/apis/cluster/validation and mutation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from reconciler.model.cluster import DELETE, UNJOIN
from reconciler.model.quantity import Quantity
from reconciler.parse.validation.errors import (
    FieldErrors,
    Path,
    duplicate,
    invalid,
    not_supported,
    required,
)
from reconciler.parse.validation.names import dns_label, label_value, qualified_name

Wire = Mapping[str, Any]

_NAME_LENGTH: Final = 48
_SYNC_MODES: Final = ("Push", "Pull")
_TAINT_EFFECTS: Final = ("NoSchedule", "NoExecute")
_PROXY_SCHEMES: Final = ("http", "https", "socks5")
_UNBOUNDED: Final = Quantity.of((1 << 63) - 1)
#: Upper bounds of the default grades: cores, and memory in GiB.
_DEFAULT_GRADES: Final = (
    (1, 4),
    (2, 16),
    (4, 32),
    (8, 64),
    (16, 128),
    (32, 256),
    (64, 512),
    (128, 1024),
)


def validate_cluster(document: Wire) -> FieldErrors:
    """Every error of a Cluster document."""
    spec, path = document.get("spec") or {}, ("spec",)
    metadata = document.get("metadata") or {}
    yield from _name(str(metadata.get("name") or ""))
    if (metadata.get("annotations") or {}).get(UNJOIN, DELETE) != DELETE:
        yield not_supported(("metadata", "annotations", UNJOIN), (DELETE,))
    if spec.get("syncMode") not in _SYNC_MODES:
        yield not_supported((*path, "syncMode"), _SYNC_MODES)
    yield from _endpoint(str(spec.get("apiEndpoint") or ""), (*path, "apiEndpoint"))
    yield from _proxy(spec, path)
    yield from _places(spec, path)
    yield from _taints(spec.get("taints") or (), (*path, "taints"))
    yield from _models(spec.get("resourceModels") or (), (*path, "resourceModels"))


def fill_cluster_defaults(document: dict[str, Any], gates: frozenset[str]) -> dict[str, Any]:
    """The Cluster as Karmada's API server stores it: `zone` copied to `zones`, models sorted or
    the nine default grades. The input is not changed.
    """
    spec = dict(document.get("spec") or {})
    if spec.get("zone") and not spec.get("zones"):
        spec["zones"] = [spec["zone"]]
    if "CustomizedClusterResourceModeling" in gates:
        models = spec.get("resourceModels") or _default_models()
        spec["resourceModels"] = sorted(models, key=lambda one: int(one.get("grade") or 0))
    return {**document, "spec": spec}


def _name(name: str) -> FieldErrors:
    where = ("metadata", "name")
    if len(name) > _NAME_LENGTH:
        yield invalid(where, f"is longer than {_NAME_LENGTH} characters")
    for clause in dns_label(name):
        yield invalid(where, clause)


def _url(text: str) -> SplitResult | None:
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        return None
    return url


def _endpoint(endpoint: str, path: Path) -> FieldErrors:
    if not endpoint:
        return
    url = _url(endpoint)
    if url is None or not url.scheme or not url.hostname:
        yield invalid(path, "must be a URL with a scheme and a host")
        return
    if url.scheme not in {"http", "https"}:
        yield invalid(path, "must begin with https:// or http://")
    if "@" in url.netloc:
        yield invalid(path, "must not hold credentials")
    if url.query or url.fragment:
        yield invalid(path, "must not have a query or a fragment")


def _proxy(spec: Wire, path: Path) -> FieldErrors:
    proxy = str(spec.get("proxyURL") or "")
    url = _url(proxy)
    if proxy and (url is None or url.scheme not in _PROXY_SCHEMES or not url.hostname):
        schemes = ", ".join(_PROXY_SCHEMES)
        yield invalid((*path, "proxyURL"), f"must be a URL with a host and one of {schemes}")
    if spec.get("proxyHeader") and not proxy:
        yield invalid((*path, "proxyHeader"), "needs a proxyURL")


def _places(spec: Wire, path: Path) -> FieldErrors:
    values: dict[Path, Any] = {(one,): spec.get(one) for one in ("provider", "region", "zone")}
    values |= {("zones", index): zone for index, zone in enumerate(spec.get("zones") or ())}
    for where, value in values.items():
        for clause in label_value(str(value or "")):
            yield invalid((*path, *where), clause)


def _taints(taints: Any, path: Path) -> FieldErrors:
    seen = set()
    for index, taint in enumerate(taints):
        where, key, effect = (*path, index), str(taint.get("key") or ""), taint.get("effect")
        for clause in qualified_name(key):
            yield invalid((*where, "key"), clause)
        for clause in label_value(str(taint.get("value") or "")):
            yield invalid((*where, "value"), clause)
        if effect not in _TAINT_EFFECTS:
            yield not_supported((*where, "effect"), _TAINT_EFFECTS)
        if (key, effect) in seen:
            yield duplicate(where, f"taint {key}:{effect} is given before")
        seen.add((key, effect))


def _models(models: Any, path: Path) -> FieldErrors:
    """Grades are contiguous: same resources, from 0, each maximum the next minimum, up to the
    largest number.
    """
    ordered = sorted(models, key=lambda one: int(one.get("grade") or 0))
    if not ordered:
        return
    names = [one.get("name") for one in ordered[0].get("ranges") or ()]
    if not names:
        yield required((*path, 0, "ranges"), "at least one range is required")
        return
    for index, model in enumerate(ordered):
        if [one.get("name") for one in model.get("ranges") or ()] != names:
            yield invalid((*path, index, "ranges"), "must name the same resources in every grade")
            return
    for position in range(len(names)):
        yield from _ranges([one["ranges"][position] for one in ordered], position, path)


def _ranges(ranges: list[Wire], position: int, path: Path) -> FieldErrors:
    bounds = [_bounds(one) for one in ranges]
    for index, pair in enumerate(bounds):
        where = (*path, index, "ranges", position)
        if pair is None:
            yield invalid(where, "min and max must be quantities")
            continue
        least, most = pair
        before = bounds[index - 1] if index else (Quantity.of(0), Quantity.of(0))
        if most <= least:
            yield invalid((*where, "max"), "must be greater than min")
        if before is not None and least != before[1]:
            clause = "must be the max of the grade before" if index else "must be 0"
            yield invalid((*where, "min"), clause)
        if index == len(bounds) - 1 and most != _UNBOUNDED:
            yield invalid((*where, "max"), f"must be {_UNBOUNDED.value()} in the last grade")


def _bounds(one: Wire) -> tuple[Quantity, Quantity] | None:
    try:
        return Quantity.parse(one.get("min", 0)), Quantity.parse(one.get("max", 0))
    except ValueError:
        return None


def _default_models() -> list[dict[str, Any]]:
    bounds = [("0", "0"), *((str(cpu), f"{memory}Gi") for cpu, memory in _DEFAULT_GRADES)]
    unbounded = str(_UNBOUNDED.value())
    upper = [*bounds[1:], (unbounded, unbounded)]
    return [
        {
            "grade": grade,
            "ranges": [
                {"name": name, "min": least, "max": most}
                for name, least, most in zip(("cpu", "memory"), low, high, strict=True)
            ],
        }
        for grade, (low, high) in enumerate(zip(bounds, upper, strict=True))
    ]
