"""Operations of the parse room: YAML and the admission of policies."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from reconciler.parse.validation import FieldError
from reconciler.parse.validation import validate_override as override
from reconciler.parse.validation import validate_propagation as propagation
from reconciler.parse.yaml import Unreadable, read_documents
from tests.conformance.runner import Refused


def yaml(given: dict[str, Any]) -> list[Any]:
    """The documents of a stream."""
    try:
        readings = read_documents(given["text"].encode("utf-8", "surrogatepass"))
    except Unreadable as stopped:
        raise Refused(str(stopped)) from stopped
    for reading in readings:
        if reading.problem is not None:
            raise Refused(reading.problem.message)
    return [_as_go_prints(reading.value) for reading in readings]


def _as_go_prints(value: Any) -> Any:
    """Floats below 1e21 as the digits Go's encoder writes, which is what the vectors hold."""
    match value:
        case float() if value.is_integer() and abs(value) < 1e21:
            return int(Decimal(repr(value)))
        case dict():
            return {key: _as_go_prints(inner) for key, inner in value.items()}
        case list():
            return [_as_go_prints(inner) for inner in value]
        case _:
            return value


def validate_propagation(given: dict[str, Any]) -> dict[str, Any]:
    """Field errors of a propagation policy's spec; an empty namespace is the cluster form."""
    return _errors(propagation(given["spec"], given["namespace"]))


def validate_override(given: dict[str, Any]) -> dict[str, Any]:
    """Field errors of an override policy's spec."""
    return _errors(override(given["spec"], given["namespace"]))


def _errors(errors: Iterable[FieldError]) -> dict[str, Any]:
    """In the order of their fields; the order of the vectors is not significant."""
    found = sorted((error.field, error.type.value) for error in errors)
    return {"errors": [{"field": field, "type": kind} for field, kind in found]}
