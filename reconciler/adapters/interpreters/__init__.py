"""Asks interpreter webhooks what a kind means: one bounded HTTPS call for each question."""

from __future__ import annotations

from reconciler.adapters.interpreters.webhooks import InterpreterWebhooks

__all__ = ["InterpreterWebhooks"]
