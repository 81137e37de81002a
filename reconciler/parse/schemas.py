"""The JSON Schemas of our kinds: loaded from the package, fast to check, patient to explain.

jsonschema-rs says whether a document fits, thousands a second; only where one does not, jsonschema
says why. Shared parts stand in `common.schema.json` and are put into each schema on loading.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import islice
from typing import Any, Final, cast

from reconciler.parse.validation.errors import Path, field_text

_COMMON: Final = "common.schema.json"
_SHOWN: Final = 60
_MOST: Final = 200

#: (group, kind) -> file.
SCHEMAS: Final[Mapping[tuple[str, str], str]] = {
    ("policy.karmada.io", "PropagationPolicy"): "propagationpolicy.schema.json",
    ("policy.karmada.io", "ClusterPropagationPolicy"): "clusterpropagationpolicy.schema.json",
    ("policy.karmada.io", "OverridePolicy"): "overridepolicy.schema.json",
    ("policy.karmada.io", "ClusterOverridePolicy"): "clusteroverridepolicy.schema.json",
    ("cluster.karmada.io", "Cluster"): "cluster.schema.json",
    ("fleet-reconciler.io", "FleetConfig"): "fleetconfig.schema.json",
}


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One deviation: where, what, what to do, and whether it is a field nobody knows."""

    path: Path
    message: str
    hint: str = ""
    is_unknown_field: bool = False


def schema_errors(group: str, kind: str, document: Any) -> tuple[SchemaError, ...]:
    """Deviations of a document from the schema of its kind, in the order of their fields; of very
    many only the first that are found.
    """
    name = SCHEMAS[(group, kind)]
    if _is_valid(name)(document):
        return ()
    found = (one for error in _validator(name).iter_errors(document) for one in _explain(error))
    return tuple(sorted(islice(found, _MOST), key=lambda one: [str(step) for step in one.path]))


@cache
def load_schema(name: str) -> dict[str, Any]:
    """A schema with the parts it shares put into its `$defs`."""
    text = _folder().joinpath(name).read_text("utf-8")
    common = json.loads(_folder().joinpath(_COMMON).read_text("utf-8").replace(_COMMON, ""))
    schema = json.loads(text.replace(_COMMON, ""))
    return {**schema, "$defs": common["$defs"]}


def _folder() -> Traversable:
    """`_data/schemas` inside a wheel, `schemas` beside the package in a checkout."""
    package = resources.files("reconciler")
    packed = package.joinpath("_data", "schemas")
    return packed if packed.is_dir() else package.joinpath("..", "schemas")


@cache
def _is_valid(name: str) -> Callable[[Any], bool]:
    # What was parsed before needs no check, and the library takes a while to load.
    import jsonschema_rs  # noqa: PLC0415

    validator = jsonschema_rs.Draft202012Validator(load_schema(name))
    return cast("Callable[[Any], bool]", validator.is_valid)


@cache
def _validator(name: str) -> Any:
    # Most commits have nothing to explain, and the library takes long to load.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    return Draft202012Validator(load_schema(name))


def _explain(error: Any) -> Iterator[SchemaError]:
    path: Path = tuple(error.absolute_path)
    match error.validator:
        case "additionalProperties" if isinstance(error.instance, dict):
            known = list(error.schema.get("properties", ()))
            for name in sorted(set(error.instance) - set(known)):
                yield _unknown(path, name, known)
        case "required":
            (name,) = (one for one in error.validator_value if f"'{one}'" in error.message)
            yield SchemaError(path, f"{_at(path)}{name} is required", "add the field")
        case _:
            yield SchemaError(path, f"{field_text(path) or 'the document'} {_clause(error)}")


def _unknown(path: Path, name: str, known: list[str]) -> SchemaError:
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(known))}"
    text = f"{_at(path)}{name[:_SHOWN]} is not a field"
    return SchemaError((*path, name), text, hint, is_unknown_field=True)


def _at(path: Path) -> str:
    return f"{field_text(path)}." if path else ""


def _clause(error: Any) -> str:
    """Why a value does not fit; the value itself is not quoted, it may be secret."""
    clause = _CLAUSES.get(str(error.validator))
    if clause is not None:
        return clause.format(_listed(error.validator_value))
    described = str(error.schema.get("description", "")).partition(". ")[0]
    return f"does not have the right form ({described})" if described else "has the wrong form"


def _listed(wanted: Any) -> str:
    return ", ".join(str(one) for one in wanted) if isinstance(wanted, list) else str(wanted)


#: JSON Schema keyword -> the rest of the sentence that begins with the field.
_CLAUSES: Final[Mapping[str, str]] = {
    "type": "must be of type {}",
    "enum": "must be one of {}",
    "const": "must be {}",
    "minItems": "must not be empty",
    "minLength": "must not be empty",
    "maxLength": "is longer than {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "anyOf": "lacks one of the fields that give it a meaning",
}
