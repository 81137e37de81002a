"""Template and target -> body and stamp: the Work of one object on one cluster. Imports model,
interpret, overriders.
"""

from __future__ import annotations
