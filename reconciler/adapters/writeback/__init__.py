"""State, status and works branches; commit status; pull-request comment."""

from __future__ import annotations
