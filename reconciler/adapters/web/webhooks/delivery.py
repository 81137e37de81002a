"""Delivery, Push and Provider: what a Git host sends, and what it means to us."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Proof(StrEnum):
    """How a delivery is proven: by a digest of its body, or by the secret itself."""

    HMAC = "hmac"
    SECRET = "shared secret"  # noqa: S105 - the name of a way to prove


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Which repository moved, by every address it is known under, and which refs did.

    No refs: not said, so any of them.
    """

    urls: tuple[str, ...]
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One kind of Git host.

    `signatures` are header names, the first that is there counts; `prefix` stands before the hex
    digest. `events` maps the header of the event's name to the names that are pushes; an empty
    header name means that every delivery is one. `read` finds the push in a payload and raises
    `Malformed`.
    """

    name: str
    signatures: tuple[str, ...]
    deliveries: tuple[str, ...]
    read: Callable[[Mapping[str, Any]], Push]
    event_header: str = ""
    events: frozenset[str] = frozenset()
    prefix: str = ""
    proof: Proof = Proof.HMAC


class Malformed(ValueError):  # noqa: N818 - says what happened, as the others do
    """A proven payload does not have the shape its provider documents."""
