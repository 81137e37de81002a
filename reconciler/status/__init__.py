"""Members' reports -> aggregated status, conditions, samples. Imports model and interpret."""

from __future__ import annotations
