"""SignedCommit: the bytes that were signed, the signature, and when it claims to have been made.

Strategy: works on the raw object, so what is verified is what has the id. The signed bytes are the
object without its signature headers. Source: git, Documentation/gitformat-signature.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.model.signature import Refused

_HEADER = b"gpgsig"
#: git leaves the signatures of both kinds of object ids out of what is signed.
_LEFT_OUT = (b"gpgsig ", b"gpgsig-sha256 ")
_COMMITTER = re.compile(rb"committer .*> (-?[0-9]{1,18}) [+-][0-9]{4}", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCommit:
    """`committed_at` is in seconds since 1970, as the commit says."""

    payload: bytes
    signature: bytes
    committed_at: int


def signed_commit(raw: bytes) -> SignedCommit | Refused:
    """Take a raw commit apart; refused when it has no signature, or more than one."""
    head, separator, message = raw.partition(b"\n\n")
    kept: list[bytes] = []
    signatures: list[bytes] = []
    committed_at: list[int] = []
    for header in _headers(head):
        if header.startswith(_HEADER + b" "):
            signatures.append(header[len(_HEADER) + 1 :].replace(b"\n ", b"\n"))
        if not header.startswith(_LEFT_OUT):
            kept.append(header)
        found = _COMMITTER.fullmatch(header)
        if found is not None:
            committed_at.append(int(found[1]))
    if not signatures:
        return Refused(reason="it is not signed")
    if len(signatures) > 1:
        return Refused(reason="it has more than one signature")
    if len(committed_at) != 1:
        return Refused(reason="it does not say when it was committed")
    return SignedCommit(
        payload=b"\n".join(kept) + separator + message,
        signature=signatures[0],
        committed_at=committed_at[0],
    )


def _headers(head: bytes) -> list[bytes]:
    """Every header with its continuation lines, which begin with a blank."""
    return re.split(rb"\n(?! )", head)
