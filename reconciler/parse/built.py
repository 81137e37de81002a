"""What became of one document: a value of the fleet, or the problems that stopped it."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.cluster import Cluster
from reconciler.model.diagnostic import Diagnostic, Position
from reconciler.model.fleet import Template
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.policy import OverridePolicy, PropagationPolicy

Value = Template | PropagationPolicy | OverridePolicy | Cluster | Manifest


@dataclass(frozen=True, slots=True)
class Built:
    """`value` None: the document is frozen. `key` None: not even its identity could be read.

    `reach` is then what of a policy could still be read: the policy with its selectors only, marked
    frozen. A policy without value and reach governs nobody knows what.
    """

    position: Position
    key: ObjectKey | None
    diagnostics: tuple[Diagnostic, ...] = ()
    value: Value | None = None
    reach: PropagationPolicy | OverridePolicy | None = None
