"""Whether a commit's signature counts: who signed it, or why nobody did who may."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """`signer` is who the keys say it is (principals or user id), `key` the key's fingerprint."""

    signer: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """`reason` is a full clause that completes "the commit is refused: …"."""

    reason: str
