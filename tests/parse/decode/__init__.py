"""Tests of reconciler/parse/decode."""

from __future__ import annotations
