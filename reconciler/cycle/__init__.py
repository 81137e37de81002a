"""The order of the stages and the engine around it: the only place that joins stages."""

from __future__ import annotations

from reconciler.cycle.engine import Engine, interpreter_of, secret_values

__all__ = ["Engine", "interpreter_of", "secret_values"]
