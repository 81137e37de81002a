"""Outcomes along history -> who changed what, where, when. Imports model."""

from __future__ import annotations
