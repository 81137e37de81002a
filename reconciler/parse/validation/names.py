"""Names as Kubernetes allows them; each function yields one clause for each rule that is broken.

Rules: k8s.io/apimachinery, util/validation: IsQualifiedName, IsValidLabelValue, IsDNS1123Label,
IsDNS1123Subdomain, IsDNS1035Label; RFC 6901 for JSON pointers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.parse.validation.errors import (
    FieldError,
    FieldErrors,
    FieldErrorType,
    Path,
    invalid,
)

_LABEL_LENGTH: Final = 63
_SUBDOMAIN_LENGTH: Final = 253
_ANNOTATIONS_SIZE: Final = 256 * 1024

_QUALIFIED: Final = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL_VALUE: Final = re.compile(r"(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_DNS_1123_LABEL: Final = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_DNS_1035_LABEL: Final = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?")
_DNS_1123_SUBDOMAIN: Final = re.compile(
    r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
)
_POINTER: Final = re.compile(r"(?:/[^/]*)*")


def qualified_name(text: str) -> Iterator[str]:
    """`[prefix/]name` of a label or annotation key."""
    prefix, slash, name = text.rpartition("/")
    if "/" in prefix:
        yield "must be a name with at most one `/`"
        return
    if slash and not prefix:
        yield "the part before `/` is empty"
    elif slash:
        yield from dns_subdomain(prefix)
    if not name:
        yield "the name is empty"
    elif len(name) > _LABEL_LENGTH:
        yield f"the name is longer than {_LABEL_LENGTH} characters"
    if not _QUALIFIED.fullmatch(name):
        yield "may hold letters, digits, `-`, `_` and `.`, a letter or digit at both ends"


def label_value(text: str) -> Iterator[str]:
    """The value of a label."""
    if len(text) > _LABEL_LENGTH:
        yield f"is longer than {_LABEL_LENGTH} characters"
    if not _LABEL_VALUE.fullmatch(text):
        yield "is no label value: letters, digits, `-`, `_`, `.`, a letter or digit at both ends"


def dns_label(text: str) -> Iterator[str]:
    """RFC 1123 label."""
    if len(text) > _LABEL_LENGTH:
        yield f"is longer than {_LABEL_LENGTH} characters"
    if not _DNS_1123_LABEL.fullmatch(text):
        yield "may hold lower-case letters, digits and `-`, a letter or digit at both ends"


def dns_1035_label(text: str) -> Iterator[str]:
    """RFC 1035 label, as Services need it."""
    if len(text) > _LABEL_LENGTH:
        yield f"is longer than {_LABEL_LENGTH} characters"
    if not _DNS_1035_LABEL.fullmatch(text):
        yield "may hold lower-case letters, digits and `-`, a letter at the beginning"


def dns_subdomain(text: str) -> Iterator[str]:
    """RFC 1123 subdomain."""
    if len(text) > _SUBDOMAIN_LENGTH:
        yield f"is longer than {_SUBDOMAIN_LENGTH} characters"
    if not _DNS_1123_SUBDOMAIN.fullmatch(text):
        yield "may hold lower-case letters, digits, `-` and `.`, a letter or digit at both ends"


def is_pointer(text: str) -> bool:
    """RFC 6901: empty, or steps that each begin with `/`."""
    return _POINTER.fullmatch(text) is not None


def label_errors(labels: Mapping[str, Any], path: Path) -> FieldErrors:
    """Every bad key and value, at the path of the map (Kubernetes: ValidateLabels)."""
    for key, value in labels.items():
        for clause in qualified_name(key):
            yield invalid(path, f"label key {key!r}: {clause}")
        for clause in label_value(str(value)):
            yield invalid(path, f"the value of label {key!r} {clause}")


def annotation_errors(annotations: Mapping[str, Any], path: Path) -> FieldErrors:
    """Every bad key, at the path of the map (Kubernetes: ValidateAnnotations)."""
    for key in annotations:
        for clause in qualified_name(key.lower()):
            yield invalid(path, f"annotation key {key!r}: {clause}")
    size = sum(len(key.encode()) + len(str(value).encode()) for key, value in annotations.items())
    if size > _ANNOTATIONS_SIZE:
        yield FieldError(path, FieldErrorType.TOO_LONG, "annotations are larger than 256 KiB")
