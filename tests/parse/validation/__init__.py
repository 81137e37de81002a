"""Admission as Karmada's webhooks do it."""

from __future__ import annotations
