"""Explanation: the decision chain of one object as a value, from policy to every field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reconciler.model.claim import Contender
from reconciler.model.decision import Trace
from reconciler.model.diagnostic import Position
from reconciler.model.identity import ObjectKey
from reconciler.model.policy import PolicyRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A policy that wanted the object; `loss` `` for the one that won."""

    contender: Contender
    position: Position = field(default_factory=Position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a JSON patch and what it changed; absent sides are None.

    Values that may not be seen are masked.
    """

    op: str
    path: str
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideStep:
    """One override rule that applied, `rule` counted from 1, with its patch."""

    policy: PolicyRef
    rule: int
    position: Position
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldStep:
    """Who set a field to which value, in the order in which it happened."""

    source: str
    value: Any
    position: Position = field(default_factory=Position)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldStory:
    """One field of the rendered object: its last value, and everything that set it before."""

    path: str
    value: Any
    steps: tuple[FieldStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterStory:
    """One cluster: whether the object goes there, and why.

    `weight` None: no static weight decides. `why` is a full clause. `fields` only where asked for.
    """

    cluster: str
    is_target: bool
    replicas: int = 0
    weight: int | None = None
    why: str = ""
    overrides: tuple[OverrideStep, ...] = ()
    fields: tuple[FieldStory, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an object is where it is.

    `unclaimed` says for every policy that could have selected it why it does not. `verdict` is one
    sentence about the decision, `strategy` the rule of division in words; `attempts` are the
    affinities tried in order with each cluster's verdict. `required_by` names objects that bring
    the object along.
    """

    key: ObjectKey
    position: Position
    revision: str = ""
    candidates: tuple[Candidate, ...] = ()
    unclaimed: tuple[str, ...] = ()
    verdict: str = ""
    strategy: str = ""
    attempts: tuple[Trace, ...] = ()
    required_by: tuple[str, ...] = ()
    clusters: tuple[ClusterStory, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """Why an object is not on a cluster: full clauses, the decisive one first.

    `is_there` says that the question is wrong: it is there.
    """

    key: ObjectKey
    cluster: str
    is_there: bool
    reasons: tuple[str, ...]
    position: Position = field(default_factory=Position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """An object that a policy or file touches, how, and on which clusters."""

    key: ObjectKey
    how: str
    clusters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """Everything that a policy or a file touches. `cause` is that policy or document."""

    cause: str
    position: Position
    touched: tuple[Touched, ...] = ()
