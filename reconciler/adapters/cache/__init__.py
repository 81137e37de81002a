"""Disposable memory of parsed and rendered bytes; deleting it costs only time."""

from __future__ import annotations

from reconciler.adapters.cache.store import CacheStore

__all__ = ["CacheStore"]
