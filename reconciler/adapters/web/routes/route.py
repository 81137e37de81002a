"""Route: one path, who may ask for it, and what answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from reconciler.adapters.web.face import Face

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: Where the application keeps what it shows.
FACE: web.AppKey[Face] = web.AppKey("face", Face)


class Access(StrEnum):
    """Who may ask: anyone, those who may look at the fleet, or those who prove it in the body."""

    PUBLIC = "public"
    VIEWER = "viewer"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A row of ROUTES."""

    method: str
    path: str
    access: Access
    answer: Answer
