"""Field errors: which field of a document is wrong, in which way, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

Path = tuple[str | int, ...]


class FieldErrorType(StrEnum):
    """Kubernetes' kinds of field errors (k8s.io/apimachinery, util/validation/field)."""

    INVALID = "FieldValueInvalid"
    REQUIRED = "FieldValueRequired"
    NOT_SUPPORTED = "FieldValueNotSupported"
    DUPLICATE = "FieldValueDuplicate"
    FORBIDDEN = "FieldValueForbidden"
    TOO_LONG = "FieldValueTooLong"
    TOO_MANY = "FieldValueTooMany"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field; `detail` is a clause that never quotes the value of a secret."""

    path: Path
    type: FieldErrorType
    detail: str

    @property
    def field(self) -> str:
        """`spec.placement.spreadConstraints[0]`."""
        return field_text(self.path)

    def __str__(self) -> str:
        """Field and reason."""
        return f"{self.field}: {self.detail}"


FieldErrors = Iterator[FieldError]


def field_text(path: Path) -> str:
    """A path as Kubernetes writes it."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def invalid(path: Path, detail: str) -> FieldError:
    """The value is well-formed but not allowed."""
    return FieldError(path, FieldErrorType.INVALID, detail)


def required(path: Path, detail: str = "is required") -> FieldError:
    """The value is missing."""
    return FieldError(path, FieldErrorType.REQUIRED, detail)


def not_supported(path: Path, allowed: tuple[str, ...]) -> FieldError:
    """The value is none of a closed set."""
    return FieldError(path, FieldErrorType.NOT_SUPPORTED, f"must be one of {', '.join(allowed)}")


def duplicate(path: Path, detail: str) -> FieldError:
    """The value occurs before."""
    return FieldError(path, FieldErrorType.DUPLICATE, detail)
