"""One verb per file; what a person types. Imports runtime."""

from __future__ import annotations
