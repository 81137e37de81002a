"""ROUTES: every path that is answered, one file each."""

from __future__ import annotations

from reconciler.adapters.web.routes import (
    dashboard,
    healthz,
    livez,
    metrics,
    readyz,
    style,
    webhook,
)
from reconciler.adapters.web.routes.route import Route

ROUTES: tuple[Route, ...] = (
    dashboard.ROUTE,
    style.ROUTE,
    healthz.ROUTE,
    livez.ROUTE,
    readyz.ROUTE,
    metrics.ROUTE,
    webhook.ROUTE,
)
