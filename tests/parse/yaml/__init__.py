"""YAML as kubectl reads it."""

from __future__ import annotations
