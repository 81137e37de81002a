"""Filter, score, select, divide: where a binding goes and with how many replicas. Imports model and
interpret.
"""

from __future__ import annotations
