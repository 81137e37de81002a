"""Plain changes of wire values, each returning a new value and sharing what stays the same."""

from __future__ import annotations

from typing import Any, Final

#: Fields that hold any JSON value, null included.
_OPAQUE: Final = frozenset({"value"})


def without_nulls(value: Any) -> Any:
    """Fields that are null left out: to an API server they are not there.

    Kubernetes: nulls of fields that are not nullable are pruned before defaulting.
    """
    if isinstance(value, dict):
        return {
            key: inner if key in _OPAQUE else without_nulls(inner)
            for key, inner in value.items()
            if inner is not None or key in _OPAQUE
        }
    return [without_nulls(one) for one in value] if isinstance(value, list) else value
