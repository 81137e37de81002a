"""Members' reports -> aggregated status, conditions, metric samples. Imports model and interpret."""

from __future__ import annotations
