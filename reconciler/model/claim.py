"""Claim: the policy that takes a template, and every policy that wanted it."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.policy import PolicyRef, PropagationPolicy
from reconciler.model.selector import ImplicitPriority


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A policy whose selectors match a template. `loss` says why it lost, `` for the winner."""

    policy: PolicyRef
    priority: int
    implicit_priority: ImplicitPriority
    loss: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The policy that claims a template; contenders best first.

    `missing_overrides` names the dependentOverrides that do not exist: until they do, the template
    keeps what it has, and a new one waits.
    """

    policy: PropagationPolicy
    contenders: tuple[Contender, ...] = ()
    missing_overrides: tuple[str, ...] = ()
