"""Leases and locks: who may act."""

from __future__ import annotations

from reconciler.adapters.leader.lock import hub_lock

__all__ = ["hub_lock"]
