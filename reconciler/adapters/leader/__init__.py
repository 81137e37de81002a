"""Leases and locks: who may act."""

from __future__ import annotations
