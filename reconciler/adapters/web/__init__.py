"""The HTTP face of the service: dashboard, metrics, health, webhooks. May import model.

`application(face)` is the aiohttp application, `serving(face, host, port)` serves it. What is shown
comes in as values and callables of `Face`; nothing of the service is changed from here but that a
proven push calls back. A page is one file in `routes/` and one row in ROUTES.
"""

from __future__ import annotations

from reconciler.adapters.web.application import application
from reconciler.adapters.web.face import Face, Limits
from reconciler.adapters.web.metrics import MetricsBoard
from reconciler.adapters.web.server import serving
from reconciler.adapters.web.webhooks import Inbox, WatchedRepository

__all__ = [
    "Face",
    "Inbox",
    "Limits",
    "MetricsBoard",
    "WatchedRepository",
    "application",
    "serving",
]
