"""`reconciler.yaml` -> FleetConfig. Anything wrong in it holds the commit: it says what is read,
what may be deleted and who approves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from reconciler.model.config import Budget, FleetConfig, Guards, IgnoreRule, Limit, WriteBack
from reconciler.model.diagnostic import Diagnostic, Position
from reconciler.model.features import DEFAULTS, EXTENSIONS
from reconciler.model.source import EntryKind, SourceFile
from reconciler.parse.decode.fields import digest_of, items, number, sub, text, texts
from reconciler.parse.files import parse_file
from reconciler.parse.problems import Document, diagnostic
from reconciler.parse.schemas import schema_errors
from reconciler.parse.selection import CONFIG_PATH
from reconciler.parse.values import without_nulls

Wire = Mapping[str, Any]

GROUP: Final = "fleet-reconciler.io"
KIND: Final = "FleetConfig"
_DEFAULTS: Final = FleetConfig()


def read_config(file: SourceFile | None) -> tuple[FleetConfig | None, tuple[Diagnostic, ...]]:
    """The configuration, or None and why the commit is held.

    Without the file the defaults count: enough to validate and to plan, not to apply.
    """
    if file is None:
        message = f"there is no {CONFIG_PATH} at the root of the repository"
        hint = f"add {CONFIG_PATH} with apiVersion, kind {KIND} and fleetId; apply needs it"
        return _DEFAULTS, (diagnostic("RC013", message, Position(CONFIG_PATH), hint=hint),)
    if file.data is None or file.kind is not EntryKind.BLOB:
        message = f"{CONFIG_PATH} {file.anomaly or 'is not a regular file'}"
        return None, (diagnostic("RC014", message, Position(CONFIG_PATH)),)
    document, problems = _document(file, file.data)
    if document is None or document.parsed.body is None or problems:
        return None, tuple(problems)
    body = without_nulls(document.parsed.body)
    problems = list(_problems(document, body))
    return (None if problems else decode_config(body, document.position)), tuple(problems)


def _document(file: SourceFile, data: bytes) -> tuple[Document | None, list[Diagnostic]]:
    """The only document of the file, or what is wrong with it."""
    parsed = parse_file(data)
    faults = [one.fault for one in parsed.documents] if parsed.fault is None else [parsed.fault]
    problems = [
        diagnostic("RC014", fault.message, Position(file.path, fault.line, fault.column))
        for fault in faults
        if fault is not None
    ]
    if problems:
        return None, problems
    if len(parsed.documents) != 1:
        message = f"{CONFIG_PATH} must hold exactly one document"
        return None, [diagnostic("RC014", message, Position(file.path))]
    (only,) = parsed.documents
    return Document(path=file.path, oid=file.oid, parsed=only, read=lambda: data), []


def _problems(document: Document, body: Wire) -> Iterator[Diagnostic]:
    for error in schema_errors(GROUP, KIND, body):
        yield diagnostic("RC014", error.message, document.at(error.path), hint=error.hint)
    gates = body.get("featureGates")
    known = [*DEFAULTS, *EXTENSIONS]
    for name in sorted(gates if isinstance(gates, dict) else ()):
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            place = document.place("featureGates", name)
            yield diagnostic("RC014", f"there is no feature gate {name[:60]}", place, hint=hint)


def decode_config(body: Wire, position: Position) -> FleetConfig:
    """A document that fits the schema -> FleetConfig; what is left out has its default."""
    paths, write_back = sub(body, "paths"), sub(body, "writeBack")
    return FleetConfig(
        fleet_id=text(body, "fleetId"),
        include=texts(paths, "include"),
        exclude=texts(paths, "exclude"),
        default_namespace=text(body, "defaultNamespace", _DEFAULTS.default_namespace),
        kinds={name: scope == "Namespaced" for name, scope in sub(body, "kinds").items()},
        ignore_differences=tuple(_ignore(one) for one in items(body, "ignoreDifferences")),
        guards=_guards(sub(body, "guards")),
        limits=tuple(_limit(one) for one in items(body, "limits")),
        write_back=WriteBack(
            works=text(write_back, "works", _DEFAULTS.write_back.works),
            secrets=text(write_back, "secrets", _DEFAULTS.write_back.secrets),
            status_keep=number(write_back, "statusKeep", _DEFAULTS.write_back.status_keep),
        ),
        feature_gates=dict(sub(body, "featureGates")),
        policy_claim=text(body, "policyClaim", _DEFAULTS.policy_claim),
        on_policy_removed=text(body, "onPolicyRemoved", _DEFAULTS.on_policy_removed),
        namespaces=text(body, "namespaces", _DEFAULTS.namespaces),
        adopt=text(body, "adopt", _DEFAULTS.adopt),
        allow_rewrite=bool(body.get("allowRewrite")),
        enable_empty_workload_propagation=bool(body.get("enableEmptyWorkloadPropagation")),
        skipped_namespaces=_skipped(body),
        scheduler_profiles={
            name: {list_name: texts(profile, list_name) for list_name in profile}
            for name, profile in sub(body, "schedulerProfiles").items()
        },
        digest=digest_of(body),
        position=position,
    )


def _skipped(body: Wire) -> str:
    """Karmada's flag is a list with commas; one expression says the same."""
    return text(body, "skippedPropagatingNamespaces", _DEFAULTS.skipped_namespaces).replace(
        ",", "|"
    )


def _guards(raw: Wire) -> Guards:
    return Guards(
        per_cluster=_budget(sub(raw, "perCluster"), _DEFAULTS.guards.per_cluster),
        per_fleet=_budget(sub(raw, "perFleet"), _DEFAULTS.guards.per_fleet),
        approvers=texts(raw, "approvers"),
    )


def _budget(raw: Wire, default: Budget) -> Budget:
    return Budget(
        count=number(raw, "count", default.count), percent=number(raw, "percent", default.percent)
    )


def _ignore(raw: Wire) -> IgnoreRule:
    return IgnoreRule(
        group=text(raw, "group"),
        kind=text(raw, "kind", "*"),
        namespace=text(raw, "namespace"),
        name=text(raw, "name"),
        paths=texts(raw, "paths"),
        managers=texts(raw, "managers"),
    )


def _limit(raw: Wire) -> Limit:
    return Limit(
        path=text(raw, "path"),
        clusters=texts(raw, "clusters"),
        kinds=texts(raw, "kinds"),
        namespaces=texts(raw, "namespaces"),
    )
