"""A measurement in a process of its own: nothing before it has filled memory or caches."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from reconciler.runtime.bench.measure import Row
from reconciler.runtime.bench.options import Options
from reconciler.runtime.collecting import relax


def apart(measure: Callable[[Options], list[Row]], options: Options) -> list[Row]:
    """The rows of a measure; it is a function of a module, so that another process finds it."""
    with ProcessPoolExecutor(
        max_workers=1, mp_context=get_context("spawn"), initializer=relax
    ) as pool:
        return pool.submit(measure, options).result()
