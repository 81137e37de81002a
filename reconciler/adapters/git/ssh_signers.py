"""SSH signatures: the rules of an allowed_signers file, over sshsig for the cryptography.

Rules: ssh-keygen(1), ALLOWED SIGNERS: a key counts for the namespaces it is limited to (ours is
`git`) and between its dates, judged at the commit's own time, as `git verify-commit` does. Dates
without `Z` are UTC here, so that they mean the same on every machine. Certificate authorities are
refused when the file is read. Digests are SHA-256 or SHA-512, RSA keys 2048 bits or more.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from sshsig import InvalidSignature, PublicKey, check_signature
from sshsig.allowed_signers import AllowedSigner, load_allowed_signers_file
from sshsig.sshsig import SshsigSignature

from reconciler.adapters.git.signed_commit import SignedCommit
from reconciler.model.errors import SettingsInvalid
from reconciler.model.signature import Refused, Verified
from reconciler.model.text import printable

ARMOR = b"-----BEGIN SSH SIGNATURE-----"
_NAMESPACE = "git"
_DIGESTS = frozenset({b"sha256", b"sha512"})
_LEAST_RSA_BITS = 2048
_LONGEST_REASON = 300
_FORMATS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_DATE = re.compile(r"[0-9]+Z?")
# What the libraries raise for bytes that are no signature: their parsers assert, too.
_ODDITIES = (InvalidSignature, ValueError, NotImplementedError, AssertionError, EOFError, TypeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSigner:
    """One line of the file; times in seconds since 1970."""

    principals: str
    key: PublicKey
    valid_after: float = float("-inf")
    valid_before: float = float("inf")
    namespaces: str = ""

    def objection(self, committed_at: int) -> str:
        """Why the key does not count for a commit of that time; `` when it does."""
        if self.namespaces and not _is_in_patterns(_NAMESPACE, self.namespaces):
            return f"the key of {self.principals} is not allowed to sign for Git"
        if committed_at < self.valid_after:
            return f"the key of {self.principals} was not valid yet"
        if committed_at > self.valid_before:
            return f"the key of {self.principals} was not valid any more"
        return ""


def ssh_signers(text: str) -> tuple[SshSigner, ...]:
    """Read an allowed_signers file; `SettingsInvalid` for anything that is not understood."""
    try:
        return tuple(map(_signer, load_allowed_signers_file(io.StringIO(text))))
    except (ValueError, NotImplementedError, IndexError) as problem:
        raise SettingsInvalid(
            f"the allowed signers cannot be read: {printable(str(problem))}",
            hint="ssh-ed25519 and ssh-rsa keys, as in ssh-keygen(1), ALLOWED SIGNERS",
        ) from None


def verified_by_ssh(commit: SignedCommit, signers: Iterable[SshSigner]) -> Verified | Refused:
    """The signer whose key made the signature and counted when the commit was made."""
    try:
        digest = SshsigSignature.from_armored(commit.signature).hash_algo
        if digest not in _DIGESTS:
            return Refused(reason="its SSH signature uses a digest that does not count")
        key = check_signature(commit.payload, commit.signature, _NAMESPACE)
        fingerprint = key.sha256_str()
    except _ODDITIES as problem:
        said = printable(str(problem)).strip() or "it was made over other bytes"
        return Refused(reason=f"its SSH signature is not valid: {said}"[:_LONGEST_REASON])
    objections = []
    for signer in signers:
        if signer.key == key:
            objection = signer.objection(commit.committed_at)
            if not objection:
                return Verified(signer=printable(signer.principals), key=fingerprint)
            objections.append(objection)
    return Refused(
        reason=objections[0] if objections else f"nobody known has the key {fingerprint}"
    )


def _signer(line: AllowedSigner) -> SshSigner:
    options = line.options or {}
    if "cert-authority" in options:
        raise ValueError("certificate authorities are not supported")
    text = f"{line.key_type} {line.base64_key}"
    key = PublicKey.from_openssh_str(text)
    known = load_ssh_public_key(text.encode())
    if isinstance(known, RSAPublicKey) and known.key_size < _LEAST_RSA_BITS:
        raise ValueError(f"an RSA key of {line.principals} is shorter than {_LEAST_RSA_BITS} bits")
    return SshSigner(
        principals=line.principals,
        key=key,
        valid_after=_seconds(options.get("valid-after"), float("-inf")),
        valid_before=_seconds(options.get("valid-before"), float("inf")),
        namespaces=options.get("namespaces", ""),
    )


def _seconds(text: str | None, default: float) -> float:
    if text is None:
        return default
    digits = text.removesuffix("Z")
    if _DATE.fullmatch(text) is None or len(digits) not in _FORMATS:
        raise ValueError(f"{text} is no date like 20260131 or 202601312359Z")
    moment = datetime.strptime(digits, _FORMATS[len(digits)]).replace(tzinfo=UTC)
    return moment.timestamp()


def _is_in_patterns(name: str, patterns: str) -> bool:
    """OpenSSH's pattern list: a `!pattern` that matches forbids, whatever else does."""
    is_allowed = False
    for pattern in patterns.split(","):
        # Brackets are no wildcards to OpenSSH.
        plain = pattern.removeprefix("!").replace("[", "[[]")
        if fnmatchcase(name, plain):
            if pattern.startswith("!"):
                return False
            is_allowed = True
    return is_allowed
