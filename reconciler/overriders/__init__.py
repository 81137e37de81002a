"""Every way an OverridePolicy may change a manifest; one overrider a file. Imports model and
jsonpatch.
"""

from __future__ import annotations
