"""What Karmada's admission webhooks say: defaults they fill in, and fields they refuse.

A document that comes here has the shape its JSON Schema asks for. Each validator yields
`FieldError`s and never stops at the first.
"""

from __future__ import annotations

from reconciler.parse.validation.cluster import validate_cluster
from reconciler.parse.validation.errors import FieldError, FieldErrorType
from reconciler.parse.validation.mutation import fill_policy_defaults
from reconciler.parse.validation.override import validate_override
from reconciler.parse.validation.propagation import validate_propagation
from reconciler.parse.validation.table import VALIDATORS, validate

__all__ = [
    "VALIDATORS",
    "FieldError",
    "FieldErrorType",
    "fill_policy_defaults",
    "validate",
    "validate_cluster",
    "validate_override",
    "validate_propagation",
]
