"""Every way an OverridePolicy may change a manifest; one overrider a file. Imports model and
jsonpatch.
"""

from __future__ import annotations

from reconciler.overriders.overrider import Operator, OverrideFailed, Overrider
from reconciler.overriders.table import OVERRIDERS, apply, decode_overriders

__all__ = ["OVERRIDERS", "Operator", "OverrideFailed", "Overrider", "apply", "decode_overriders"]
