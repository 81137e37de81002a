"""Which policy claims which template, and which templates depend on which.

Imports model and interpret.
"""

from __future__ import annotations

from reconciler.match.bind import bind, priority_values
from reconciler.match.claim import claim
from reconciler.match.dependencies import (
    TemplateIndex,
    Wishes,
    attached,
    dependencies,
    merged_targets,
    requirers_of,
)
from reconciler.match.eligible import skip_reason
from reconciler.match.index import PolicyIndex

__all__ = [
    "PolicyIndex",
    "TemplateIndex",
    "Wishes",
    "attached",
    "bind",
    "claim",
    "dependencies",
    "merged_targets",
    "priority_values",
    "requirers_of",
    "skip_reason",
]
