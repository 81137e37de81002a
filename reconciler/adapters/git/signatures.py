"""Signatures of commits: verified over the very bytes whose id is rendered.

`verify(raw, keys)` judges a raw commit object; `verify_commit(repository, oid, keys)` reads the
object, proves that its bytes have that id, and judges them, so nothing can be exchanged between
the check and the use. A signed tag says nothing of its commit, and a merge is a commit like others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import pygit2
import pysequoia

from reconciler.adapters.git import openpgp, ssh_signers
from reconciler.adapters.git.signed_commit import SignedCommit, signed_commit
from reconciler.model.errors import SettingsInvalid, SourceUnavailable
from reconciler.model.signature import Refused, Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeys:
    """Whose signatures count."""

    ssh: tuple[ssh_signers.SshSigner, ...] = ()
    certificates: tuple[pysequoia.Cert, ...] = ()

    @classmethod
    def of(cls, *, allowed_signers: str = "", openpgp_keys: bytes = b"") -> SigningKeys:
        """From an allowed_signers file and a key ring; `SettingsInvalid` when neither has a key."""
        keys = cls(
            ssh=ssh_signers.ssh_signers(allowed_signers),
            certificates=openpgp.certificates(openpgp_keys) if openpgp_keys else (),
        )
        if not keys.ssh and not keys.certificates:
            raise SettingsInvalid(
                "verify names no key at all", hint="add one, or leave `verify` out"
            )
        return keys


def verify(commit_raw: bytes, keys: SigningKeys) -> Verified | Refused:
    """Who signed this raw commit, if it was somebody whose signature counts."""
    commit = signed_commit(commit_raw)
    if isinstance(commit, Refused):
        return commit
    for armor, judge in _KINDS.items():
        if commit.signature.lstrip().startswith(armor):
            return judge(commit, keys)
    return Refused(reason="its signature is neither an SSH nor an OpenPGP signature")


def verify_commit(repository: pygit2.Repository, oid: str, keys: SigningKeys) -> Verified | Refused:
    """The verdict on the commit of that id; raises `SourceUnavailable` when it cannot be read."""
    try:
        kind, raw = repository.odb.read(pygit2.Oid(hex=oid))
    except (KeyError, ValueError, pygit2.GitError):
        raise SourceUnavailable(f"commit {oid} cannot be read") from None
    if kind != pygit2.enums.ObjectType.COMMIT:
        return Refused(reason="what has this id is no commit")
    # Object ids are SHA-1 in the repositories libgit2 reads; only names are compared here.
    named = hashlib.sha1(b"commit %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()
    if named != oid:
        raise SourceUnavailable(f"commit {oid} is damaged: its bytes have another id")
    return verify(raw, keys)


def _by_ssh(commit: SignedCommit, keys: SigningKeys) -> Verified | Refused:
    return ssh_signers.verified_by_ssh(commit, keys.ssh)


def _by_openpgp(commit: SignedCommit, keys: SigningKeys) -> Verified | Refused:
    if not keys.certificates:
        return Refused(reason="no OpenPGP key is allowed to sign")
    return openpgp.verified_by_openpgp(commit, keys.certificates)


_KINDS: dict[bytes, Callable[[SignedCommit, SigningKeys], Verified | Refused]] = {
    ssh_signers.ARMOR: _by_ssh,
    openpgp.ARMOR: _by_openpgp,
}
