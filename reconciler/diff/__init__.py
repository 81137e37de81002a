"""Desired against observed: retain, normalise, compare, redact. Imports model and interpret.

`compare` decides for one object of one member, `compare_works` for two renderings of it.
"""

from __future__ import annotations
