"""Which of the feasible clusters are used: spread constraints by cluster and by groups."""

from __future__ import annotations

from reconciler.schedule.select.best import best_clusters, uses_all

__all__ = ["best_clusters", "uses_all"]
