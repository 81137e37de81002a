"""Composition: ports, bootstrap, the hub's loop, the executor, settings. The only room that joins
adapters.
"""

from __future__ import annotations
