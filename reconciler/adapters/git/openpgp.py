"""OpenPGP signatures, judged by Sequoia: key flags, expiry, revocation and weak digests included.

Rules: a key counts as it stood when the signature was made; one that was revoked as compromised
counts never. A signature dated after now, or more than a day apart from its commit, is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pysequoia
from pysequoia.packet import PacketPile, Tag

from reconciler.adapters.git.signed_commit import SignedCommit
from reconciler.model.errors import SettingsInvalid
from reconciler.model.signature import Refused, Verified
from reconciler.model.text import printable, shortened

ARMOR = b"-----BEGIN PGP SIGNATURE-----"
_MOST_APART_SECONDS = 24 * 3600
_LONGEST_REASON = 300
_SECRETS = (Tag.SecretKey, Tag.SecretSubkey)


def certificates(data: bytes) -> tuple[pysequoia.Cert, ...]:
    """Every certificate of a key ring, armored or not; `SettingsInvalid` when there is none."""
    try:
        found = tuple(pysequoia.Cert.split_bytes(data))
    except Exception as problem:  # noqa: BLE001 - the binding raises bare exceptions
        raise SettingsInvalid(
            f"the OpenPGP keys cannot be read: {printable(str(problem))}",
            hint="export them with `gpg --export --armor`",
        ) from None
    if not found:
        raise SettingsInvalid("the OpenPGP key ring holds no certificate")
    if _holds_secret(data):
        raise SettingsInvalid(
            "the OpenPGP key ring holds a secret key", hint="export public keys only"
        )
    return found


def verified_by_openpgp(
    commit: SignedCommit, certs: Sequence[pysequoia.Cert]
) -> Verified | Refused:
    """The certificate that made the signature."""
    try:
        signature = pysequoia.Sig.from_bytes(commit.signature)
    except Exception:  # noqa: BLE001 - the binding raises bare exceptions
        return Refused(reason="its OpenPGP signature cannot be read")
    try:
        result = pysequoia.verify(
            bytes=commit.payload, store=lambda _: list(certs), signature=signature
        )
    except Exception:  # noqa: BLE001 - bare, and its text is a backtrace
        return Refused(reason=_objection(certs))
    made = signature.created
    if made is None or _apart(made, commit.committed_at) > _MOST_APART_SECONDS:
        return Refused(reason="its OpenPGP signature was made at another time than the commit")
    signers = {one.certificate for one in result.valid_sigs}
    for cert in certs:
        if cert.fingerprint in signers:
            return Verified(signer=_name(cert), key=cert.fingerprint)
    return Refused(reason="nobody known made its OpenPGP signature")


def _objection(certs: Sequence[pysequoia.Cert]) -> str:
    """What the library found in one word only, said with what could be the cause."""
    revoked = [_name(one) for one in certs if one.is_revoked]
    hint = f" (revoked: {', '.join(revoked)})" if revoked else ""
    reason = (
        "its OpenPGP signature is not valid: made over other bytes, or by a key that is not "
        f"listed, expired or revoked{hint}"
    )
    return shortened(reason, _LONGEST_REASON)


def _holds_secret(data: bytes) -> bool:
    return any(packet.tag in _SECRETS for packet in PacketPile.from_bytes(data))


def _apart(made: datetime, committed_at: int) -> float:
    known = made if made.tzinfo is not None else made.replace(tzinfo=UTC)
    return abs(known.timestamp() - committed_at)


def _name(cert: pysequoia.Cert) -> str:
    users = cert.user_ids
    return printable(str(users[0])) if users else cert.fingerprint
