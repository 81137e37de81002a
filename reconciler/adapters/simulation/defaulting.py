"""The server's defaults: the one table of defaults that parsing uses too."""

from __future__ import annotations

from reconciler.parse.defaults import with_defaults

__all__ = ["with_defaults"]
