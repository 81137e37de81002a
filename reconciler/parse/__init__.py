"""Bytes by path -> Fleet and Diagnostics: YAML, JSON Schema, defaults, admission, freezing.

Imports model and overriders.
"""

from __future__ import annotations

from reconciler.parse.fleet import parse_fleet
from reconciler.parse.memory import ParseMemory
from reconciler.parse.yaml.reading import MAX_BYTES

__all__ = ["MAX_BYTES", "ParseMemory", "parse_fleet"]
