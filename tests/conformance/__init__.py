"""The shared conformance vectors: one runner, one module per family, one table `OPS`."""

from __future__ import annotations
