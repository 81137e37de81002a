"""Leases and locks: who may act. `LeaseElection` between machines, `hub_lock` on one."""

from __future__ import annotations

from reconciler.adapters.leader.election import Clock, LeaseApi, LeaseElection, Timing
from reconciler.adapters.leader.lock import hub_lock

__all__ = ["Clock", "LeaseApi", "LeaseElection", "Timing", "hub_lock"]
