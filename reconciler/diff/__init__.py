"""Desired against observed: retain, normalise, compare, redact. Imports model and interpret."""

from __future__ import annotations
