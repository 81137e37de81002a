"""Every noun that crosses a border between rooms: frozen dataclasses and enums, no IO."""

from __future__ import annotations
