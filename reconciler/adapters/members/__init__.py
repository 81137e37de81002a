"""Talks to real API servers: discovery, reading, server-side apply, deletion, watching."""

from __future__ import annotations
