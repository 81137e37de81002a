"""What a comparison needs to know besides the manifests: whose fleet, rules and secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reconciler.diff.redact import NO_SECRETS, SecretValues
from reconciler.model.config import IgnoreRule
from reconciler.model.identity import ObjectKey

#: `(desired, observed)` to the desired body with the member's own fields as observed; None where
#: the kind retains nothing.
Retain = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any] | None]


def retain_nothing(_desired: dict[str, Any], _observed: dict[str, Any]) -> dict[str, Any] | None:
    """For a fleet whose kinds keep nothing."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Of one member. `recorded` are the identities last recorded as our Works there, `preserved`
    those whose policy leaves them on the member when they go. `adopt` is the FleetConfig's.
    """

    cluster: str
    fleet_id: str
    retain: Retain = retain_nothing
    ignore_differences: tuple[IgnoreRule, ...] = ()
    adopt: str = ""
    secrets: SecretValues = field(default=NO_SECRETS)
    recorded: frozenset[ObjectKey] = frozenset()
    preserved: frozenset[ObjectKey] = frozenset()
