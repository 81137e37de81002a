"""Every noun that crosses a border between rooms: frozen dataclasses and enums, no IO, nothing of ours imported."""

from __future__ import annotations
