"""Built-in scores, one file each; the order means nothing, they are added."""

from __future__ import annotations

from typing import Final

from reconciler.schedule.framework import Score
from reconciler.schedule.scores import cluster_locality

SCORES: Final[tuple[Score, ...]] = (cluster_locality.SCORE,)
