"""Dashboard, metrics, health, webhooks: the HTTP face of the service."""

from __future__ import annotations
