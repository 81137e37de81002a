"""Documents of our groups and Karmada's: policies, clusters, and what has a controller of its own.

Each passes its schema, gets the defaults of the webhooks, and is then checked as they check it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.features import enabled
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.policy import OverridePolicy, PropagationPolicy
from reconciler.parse.built import Built, Value
from reconciler.parse.decode import decode_cluster, decode_propagation_policy
from reconciler.parse.decode.override import decode_override_policy
from reconciler.parse.groups import IDLE, Sort
from reconciler.parse.metadata import cleaned
from reconciler.parse.problems import MAX_PROBLEMS, Document, diagnostic
from reconciler.parse.schemas import SCHEMAS, schema_errors
from reconciler.parse.validation import fill_policy_defaults, validate
from reconciler.parse.validation.cluster import fill_cluster_defaults
from reconciler.parse.values import without_nulls

Body = dict[str, Any]

_SELECTORS: Final = ("spec", "resourceSelectors")
#: (kind, field of spec) -> what replaces it.
_DEPRECATED: Final[Mapping[tuple[str, str], str]] = {
    ("Cluster", "zone"): "zones",
    ("OverridePolicy", "targetCluster"): "overrideRules",
    ("OverridePolicy", "overriders"): "overrideRules",
    ("ClusterOverridePolicy", "targetCluster"): "overrideRules",
    ("ClusterOverridePolicy", "overriders"): "overrideRules",
}
_POLICIES: Final = frozenset({Sort.PROPAGATION, Sort.OVERRIDE})


def build_governing(
    document: Document, key: ObjectKey, sort: Sort, gates: Mapping[str, bool]
) -> Built:
    """The value the document stands for, or the problems and the reach that could be read."""
    body, problems = cleaned(document, key)
    body = without_nulls(body)
    if sort is Sort.CLUSTER and body.pop("status", None):
        message = "status is what the member reports; here it is ignored"
        problems.append(diagnostic("RC024", message, document.place("status"), hint="remove it"))
    problems += _deprecations(document, key, body)
    problems += _idleness(document, key, sort)
    wrong = list(islice(_schema_problems(document, key, body), MAX_PROBLEMS))
    if not wrong:
        body = _filled(body, gates)
        wrong = list(islice(_admission_problems(document, key, body), MAX_PROBLEMS))
    if not wrong:
        wrong = list(_extension_problems(document, key, sort, body, gates))
    if wrong:
        return Built(
            document.position, key, (*problems, *wrong), reach=read_reach(document, body, sort)
        )
    return Built(document.position, key, tuple(problems), _DECODERS[sort](body, document))


def read_reach(
    document: Document, body: Body, sort: Sort
) -> PropagationPolicy | OverridePolicy | None:
    """An invalid policy reduced to its selectors, None where those cannot be trusted either."""
    spec = body.get("spec")
    if sort not in _POLICIES or not isinstance(spec, dict):
        return None
    selectors = spec.get("resourceSelectors")
    reduced = {**body, "spec": {"resourceSelectors": selectors} if selectors else {}}
    errors = schema_errors("policy.karmada.io", str(body["kind"]), reduced)
    if any(one.path[:1] != ("metadata",) for one in errors):
        return None
    decoded = _DECODERS[sort](fill_policy_defaults(reduced), document)
    assert isinstance(decoded, PropagationPolicy | OverridePolicy)
    return dataclasses.replace(decoded, is_frozen=True)


def _schema_problems(document: Document, key: ObjectKey, body: Body) -> Iterator[Diagnostic]:
    if (key.group, key.kind) not in SCHEMAS:
        return
    for error in schema_errors(key.group, key.kind, body):
        code = "RC017" if error.is_unknown_field else "RC018"
        place = document.at(error.path)
        yield diagnostic(code, error.message, place, hint=error.hint, subject=str(key))


def _deprecations(document: Document, key: ObjectKey, body: Body) -> Iterator[Diagnostic]:
    spec = body.get("spec")
    for (kind, field), replacement in _DEPRECATED.items():
        if kind == key.kind and isinstance(spec, dict) and field in spec:
            place = document.place("spec", field)
            message = f"spec.{field} is deprecated"
            hint = f"use spec.{replacement}"
            yield diagnostic("RC028", message, place, hint=hint, subject=str(key))


def _idleness(document: Document, key: ObjectKey, sort: Sort) -> Iterator[Diagnostic]:
    if sort is Sort.OTHER and key.kind in IDLE:
        message = f"{key.kind} has no effect: {IDLE[key.kind]}"
        hint = "remove it, or keep it for a Karmada that reads the same repository"
        yield diagnostic("RC030", message, document.place("kind"), hint=hint, subject=str(key))


def _admission_problems(document: Document, key: ObjectKey, body: Body) -> Iterator[Diagnostic]:
    for error in validate(body):
        place = document.at(error.path)
        yield diagnostic("RC019", str(error), place, subject=str(key))


def _extension_problems(
    document: Document, key: ObjectKey, sort: Sort, body: Body, gates: Mapping[str, bool]
) -> Iterator[Diagnostic]:
    """What our extensions cannot do though Karmada's webhooks let it pass (design §6)."""
    if sort is not Sort.PROPAGATION or "SpreadByZoneAndProvider" not in enabled(gates):
        return
    conflict = decode_propagation_policy(body, document.position).placement.spread_conflict
    if conflict:
        place = document.place("spec", "placement", "spreadConstraints")
        hint = "keep one of them, or switch the feature gate SpreadByZoneAndProvider off"
        yield diagnostic("RC019", conflict, place, hint=hint, subject=str(key))


def _filled(body: Body, gates: Mapping[str, bool]) -> Body:
    if body["kind"] == "Cluster":
        return fill_cluster_defaults(body, enabled(gates))
    return fill_policy_defaults(body)


def _propagation(body: Body, document: Document) -> Value:
    return decode_propagation_policy(body, document.position)


def _override(body: Body, document: Document) -> Value:
    return decode_override_policy(body, document.position)


def _cluster(body: Body, document: Document) -> Value:
    return decode_cluster(body, document.position)


def _manifest(body: Body, _: Document) -> Value:
    return Manifest(body)


_DECODERS: Final[Mapping[Sort, Callable[[Body, Document], Value]]] = {
    Sort.PROPAGATION: _propagation,
    Sort.OVERRIDE: _override,
    Sort.CLUSTER: _cluster,
    Sort.CUSTOMIZATION: _manifest,
    Sort.WEBHOOK: _manifest,
    Sort.OTHER: _manifest,
}
