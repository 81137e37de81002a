"""Bytes by path -> Fleet and Diagnostics: YAML with marks, JSON Schema, defaults, validation.
Imports model and overriders.
"""

from __future__ import annotations
