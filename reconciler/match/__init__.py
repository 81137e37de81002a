"""Which policy claims which template, and which templates depend on which. Imports model and
interpret.
"""

from __future__ import annotations
