"""Member clusters in process behind a real HTTP API: the embedded default and the test bench."""

from __future__ import annotations
