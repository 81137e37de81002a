"""Changes -> ordered, guarded Plan; formats/ shows it. Imports model."""

from __future__ import annotations
