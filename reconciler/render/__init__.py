"""Template and target -> body and stamp: the Work of one object on one cluster. Imports model,
interpret, overriders.
"""

from __future__ import annotations

from reconciler.render.known import Foreseeing, KnownRenderings
from reconciler.render.namespaces import is_auto_propagated, render_namespace
from reconciler.render.overrides import OverrideIndex
from reconciler.render.render import Rendered, render

__all__ = [
    "Foreseeing",
    "KnownRenderings",
    "OverrideIndex",
    "Rendered",
    "is_auto_propagated",
    "render",
    "render_namespace",
]
