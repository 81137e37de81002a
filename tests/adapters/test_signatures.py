"""Signatures of commits with real keys: what counts, and everything that does not."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pygit2
import pysequoia
import pytest

from reconciler.adapters.git.signatures import SigningKeys, verify, verify_commit
from reconciler.model.errors import SettingsInvalid, SourceUnavailable
from reconciler.model.signature import Refused, Verified

NOW = int(datetime.now(UTC).timestamp())
Signer = Callable[[bytes], bytes]


@dataclass
class SshKey:
    path: Path

    @property
    def public(self) -> str:
        return " ".join(self.path.with_suffix(".pub").read_text().split()[:2])

    def sign(self, payload: bytes, *options: str, namespace: str = "git") -> bytes:
        command = ["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", str(self.path), *options]
        return subprocess.run(command, input=payload, capture_output=True, check=True).stdout


def ssh_key(folder: Path, kind: str = "ed25519", bits: str = "") -> SshKey:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("there is no ssh-keygen to make keys with")
    path = folder / f"key-{len(list(folder.iterdir()))}"
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path)]
    subprocess.run([*command, "-b", bits] if bits else command, check=True)
    return SshKey(path)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[SshKey, SshKey]:
    folder = tmp_path_factory.mktemp("keys")
    return ssh_key(folder), ssh_key(folder)


def unsigned(at: int = NOW, message: str = "Scale web\n", parents: int = 0) -> bytes:
    lines = [f"tree {pygit2.hash(b'')}"]
    lines = ["tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904"]
    lines += [f"parent {number:040x}" for number in range(1, parents + 1)]
    lines += [f"author A <a@x> {at} +0000", f"committer A <a@x> {at} +0000"]
    return ("\n".join(lines) + f"\n\n{message}").encode()


def signed(payload: bytes, signature: bytes, header: bytes = b"gpgsig") -> bytes:
    head, message = payload.split(b"\n\n", 1)
    folded = signature.rstrip(b"\n").replace(b"\n", b"\n ")
    return head + b"\n" + header + b" " + folded + b"\n\n" + message


def allowed(key: SshKey, options: str = "", principals: str = "ada@example.org") -> SigningKeys:
    return SigningKeys.of(
        allowed_signers=f"{principals} {options} {key.public}\n".replace("  ", " ")
    )


def refusal(verdict: Verified | Refused) -> str:
    assert isinstance(verdict, Refused)
    assert verdict.reason == verdict.reason.strip()
    assert verdict.reason.isprintable()
    return verdict.reason


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_commit_signed_by_an_allowed_ssh_key_counts(tmp_path: Path, kind: str) -> None:
    key = ssh_key(tmp_path, kind)
    payload = unsigned()
    verdict = verify(signed(payload, key.sign(payload)), allowed(key))
    assert isinstance(verdict, Verified)
    assert verdict.signer == "ada@example.org"
    assert verdict.key.startswith("SHA256:")


def test_git_itself_agrees(tmp_path: Path, keys: tuple[SshKey, SshKey]) -> None:
    """A commit that git made: its bytes, its header and a merge of it."""

    def git(*command: str) -> str:
        settings = {
            "user.name": "Ada",
            "user.email": "ada@example.org",
            "gpg.format": "ssh",
            "user.signingkey": str(keys[0].path),
            "init.defaultBranch": "main",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return subprocess.run(
            ["git", "-C", str(tmp_path), *flags, *command],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    git("init", "-q")
    git("commit", "-q", "-S", "--allow-empty", "-m", "First\n\nBody: äöü")
    git("checkout", "-q", "-b", "side")
    git("commit", "-q", "-S", "--allow-empty", "-m", "Side")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "--no-gpg-sign", "-m", "Unsigned merge", "side")
    repository = pygit2.Repository(str(tmp_path))
    for revision in ("main~1", "side"):
        oid = git("rev-parse", revision)
        assert isinstance(verify_commit(repository, oid, allowed(keys[0])), Verified)
    merge = git("rev-parse", "main")
    assert "not signed" in refusal(verify_commit(repository, merge, allowed(keys[0])))
    git("tag", "-s", "-m", "A signed tag", "v1", "main")
    tagged = git("rev-parse", "v1^{commit}")
    assert "not signed" in refusal(verify_commit(repository, tagged, allowed(keys[0])))
    tag = git("rev-parse", "v1")
    assert "no commit" in refusal(verify_commit(repository, tag, allowed(keys[0])))


def test_an_unsigned_commit_is_refused(keys: tuple[SshKey, SshKey]) -> None:
    for raw in (unsigned(), unsigned(parents=2), b"", b"\n\n", b"tree x"):
        assert "not signed" in refusal(verify(raw, allowed(keys[0])))


def test_a_signature_over_another_commit_is_refused(keys: tuple[SshKey, SshKey]) -> None:
    signature = keys[0].sign(unsigned())
    for other in (unsigned(message="Other\n"), unsigned(at=NOW - 1), unsigned(parents=1)):
        assert "not valid" in refusal(verify(signed(other, signature), allowed(keys[0])))


def test_a_key_that_is_not_listed_is_refused(keys: tuple[SshKey, SshKey]) -> None:
    payload = unsigned()
    raw = signed(payload, keys[1].sign(payload))
    assert "nobody known" in refusal(verify(raw, allowed(keys[0])))


def test_a_signature_for_another_purpose_is_refused(keys: tuple[SshKey, SshKey]) -> None:
    payload = unsigned()
    raw = signed(payload, keys[0].sign(payload, namespace="file"))
    assert "amespace" in refusal(verify(raw, allowed(keys[0])))


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ('namespaces="git"', True),
        ('namespaces="file,git"', True),
        ('namespaces="g?t"', True),
        ('namespaces="*"', True),
        ('namespaces="file"', False),
        ('namespaces="*,!git"', False),
        ('namespaces="[g]it"', False),
        ('valid-after="20200101"', True),
        ('valid-after="20200101Z",valid-before="20990101"', True),
        ('valid-before="20200101"', False),
        ('valid-after="20990101120000Z"', False),
        ('namespaces="git",valid-before="202001011200"', False),
    ],
)
def test_the_limits_of_a_line_hold(keys: tuple[SshKey, SshKey], options: str, counts: bool) -> None:
    payload = unsigned()
    verdict = verify(signed(payload, keys[0].sign(payload)), allowed(keys[0], options))
    assert isinstance(verdict, Verified) is counts


def test_dates_are_judged_at_the_commits_own_time(keys: tuple[SshKey, SshKey]) -> None:
    limits = 'valid-after="20210601Z",valid-before="20210630Z"'
    for moment, counts in (("2021-05-31", False), ("2021-06-15", True), ("2021-07-01", False)):
        at = int(datetime.fromisoformat(f"{moment}T12:00:00+00:00").timestamp())
        payload = unsigned(at=at)
        verdict = verify(signed(payload, keys[0].sign(payload)), allowed(keys[0], limits))
        assert isinstance(verdict, Verified) is counts


def test_one_good_line_of_several_is_enough(keys: tuple[SshKey, SshKey]) -> None:
    lines = (
        f'old valid-before="20200101" {keys[0].public}\n# comment\n\nada {keys[0].public} home\n'
    )
    payload = unsigned()
    verdict = verify(signed(payload, keys[0].sign(payload)), SigningKeys.of(allowed_signers=lines))
    assert verdict == Verified(signer="ada", key=getattr(verdict, "key", ""))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "ada\n",
        "ada ssh-ed25519\n",
        "ada ssh-ed25519 AAAA\n",
        "ada bogus ssh-ed25519 AAAA\n",
        'ada valid-before="tomorrow" KEY\n',
        'ada valid-before="2020" KEY\n',
        "ada cert-authority KEY\n",
        'ada namespaces="git KEY\n',
        '"ada KEY\n',
        "ada ecdsa-sha2-nistp256 AAAAE2VjZHNh\n",
    ],
)
def test_a_file_that_is_not_understood_is_refused_at_start(
    keys: tuple[SshKey, SshKey], text: str
) -> None:
    with pytest.raises(SettingsInvalid):
        SigningKeys.of(allowed_signers=text.replace("KEY", keys[0].public))


def test_a_short_rsa_key_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="shorter"):
        allowed(ssh_key(tmp_path, "rsa", "1024"))


def test_a_weak_digest_does_not_count(keys: tuple[SshKey, SshKey]) -> None:
    """The digest's name is outside what is hashed: claim others in its place."""
    from sshsig.sshsig import SshsigSignature  # noqa: PLC0415 - only to forge

    payload = unsigned()
    for name in (b"md5", b"sha1", b"shake_128", b"SHA512", b"", b"\xff"):
        forged = SshsigSignature.from_armored(keys[0].sign(payload))
        forged.hash_algo = name
        raw = signed(payload, forged.to_armored().encode())
        refusal(verify(raw, allowed(keys[0])))


def test_two_signatures_are_refused(keys: tuple[SshKey, SshKey]) -> None:
    payload = unsigned()
    once = signed(payload, keys[0].sign(payload))
    head, message = once.split(b"\n\n", 1)
    twice = signed(head + b"\n\n" + message, keys[1].sign(payload))
    assert "more than one" in refusal(verify(twice, allowed(keys[0])))


def test_a_header_in_the_message_is_no_header(keys: tuple[SshKey, SshKey]) -> None:
    signature = keys[0].sign(unsigned()).decode().replace("\n", "\n ")
    raw = unsigned(message=f"Subject\n\ngpgsig {signature}\n")
    assert "not signed" in refusal(verify(raw, allowed(keys[0])))


@pytest.mark.parametrize(
    "signature",
    [
        b"x",
        b"-----BEGIN SIGNED MESSAGE-----\nx\n-----END SIGNED MESSAGE-----",
        b"-----BEGIN SSH SIGNATURE-----",
        b"-----BEGIN SSH SIGNATURE-----\n!\n",
        b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----",
        b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAf////8=\n-----END SSH SIGNATURE-----",
        b"-----BEGIN SSH SIGNATURE-----\n\xff\xfe\n-----END SSH SIGNATURE-----",
        b"-----BEGIN PGP SIGNATURE-----",
        b"-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END",
        b"-----BEGIN PGP MESSAGE-----\n\x1b[31m",
    ],
)
def test_bytes_that_are_no_signature_are_refused(
    keys: tuple[SshKey, SshKey], signature: bytes
) -> None:
    both = SigningKeys(
        ssh=allowed(keys[0]).ssh, certificates=(pysequoia.Tsk.generate("x").extract_certificate(),)
    )
    refusal(verify(signed(unsigned(), signature), both))


def test_every_cut_of_a_signature_is_refused_calmly(keys: tuple[SshKey, SshKey]) -> None:
    payload = unsigned()
    signature = keys[0].sign(payload)
    for end in range(1, len(signature) - 30, 7):
        refusal(verify(signed(payload, signature[:end]), allowed(keys[0])))


def test_the_bytes_are_proven_to_have_the_id(tmp_path: Path, keys: tuple[SshKey, SshKey]) -> None:
    repository = pygit2.init_repository(str(tmp_path), bare=True)
    payload = unsigned()
    oid = repository.odb.write(
        pygit2.enums.ObjectType.COMMIT, signed(payload, keys[0].sign(payload))
    )
    assert isinstance(verify_commit(repository, str(oid), allowed(keys[0])), Verified)
    name = str(oid)
    stored = tmp_path / "objects" / name[:2] / name[2:]
    other = repository.odb.write(pygit2.enums.ObjectType.COMMIT, unsigned(message="evil\n"))
    evil = tmp_path / "objects" / str(other)[:2] / str(other)[2:]
    stored.chmod(0o600)
    stored.write_bytes(evil.read_bytes())
    with pytest.raises(SourceUnavailable):
        verify_commit(pygit2.Repository(str(tmp_path)), name, allowed(keys[0]))
    with pytest.raises(SourceUnavailable):
        verify_commit(repository, "0" * 40, allowed(keys[0]))


@pytest.fixture(scope="module")
def ada() -> pysequoia.Tsk:
    return pysequoia.Tsk.generate("Ada <ada@example.org>")


def pgp_sign(key: pysequoia.Tsk, payload: bytes) -> bytes:
    return bytes(pysequoia.sign(key.signer(), payload, mode=pysequoia.SignatureMode.DETACHED))


def ring(*certs: pysequoia.Cert) -> SigningKeys:
    return SigningKeys.of(openpgp_keys="".join(map(str, certs)).encode())


def test_a_commit_signed_by_a_subkey_of_an_openpgp_key_counts(ada: pysequoia.Tsk) -> None:
    payload = unsigned()
    cert = ada.extract_certificate()
    other = pysequoia.Tsk.generate("Bob <bob@example.org>").extract_certificate()
    verdict = verify(signed(payload, pgp_sign(ada, payload)), ring(other, cert))
    assert verdict == Verified(signer="Ada <ada@example.org>", key=cert.fingerprint)


def test_openpgp_over_another_commit_or_by_a_stranger_is_refused(ada: pysequoia.Tsk) -> None:
    payload, signature = unsigned(), pgp_sign(ada, unsigned())
    cert = ada.extract_certificate()
    refusal(verify(signed(unsigned(message="Other\n"), signature), ring(cert)))
    refusal(
        verify(
            signed(payload, signature), ring(pysequoia.Tsk.generate("Eve").extract_certificate())
        )
    )
    twin = pysequoia.Tsk.generate("Ada <ada@example.org>").extract_certificate()
    refusal(verify(signed(payload, signature), ring(twin)))


def test_a_revoked_openpgp_key_does_not_count(ada: pysequoia.Tsk) -> None:
    payload, signature = unsigned(), pgp_sign(ada, unsigned())
    cert = ada.extract_certificate()
    revocation = cert.revoke(ada.certifier())
    revoked = pysequoia.Cert.from_bytes(bytes(cert) + bytes(revocation))
    assert revoked.is_revoked
    assert "(revoked: Ada" in refusal(verify(signed(payload, signature), ring(revoked)))
    assert isinstance(verify(signed(payload, signature), ring(cert)), Verified)


def test_an_openpgp_commit_may_not_be_dated_elsewhere(ada: pysequoia.Tsk) -> None:
    payload = unsigned(at=NOW - 10 * 86400)
    raw = signed(payload, pgp_sign(ada, payload))
    assert "another time" in refusal(verify(raw, ring(ada.extract_certificate())))


@pytest.mark.parametrize("data", [b"x", b"\xff" * 50, b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n"])
def test_a_ring_that_cannot_be_read_is_refused_at_start(data: bytes) -> None:
    with pytest.raises(SettingsInvalid):
        SigningKeys.of(openpgp_keys=data)


def test_a_secret_key_does_not_belong_in_the_settings(ada: pysequoia.Tsk) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        SigningKeys.of(openpgp_keys=bytes(ada))
    assert "PRIVATE" not in str(refused.value)


@pytest.fixture(scope="module")
def gnupg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., bytes]]:
    if shutil.which("gpg") is None:
        pytest.skip("there is no gpg to make keys with")
    home = tmp_path_factory.mktemp("g")
    home.chmod(0o700)

    def gpg(*arguments: str, data: bytes = b"", at: int | None = None) -> bytes:
        base = ["gpg", "--homedir", str(home), "--batch", "--yes", "--passphrase", ""]
        clock = [] if at is None else ["--faked-system-time", str(at)]
        return subprocess.run(
            [*base, "--pinentry-mode", "loopback", *clock, *arguments],
            input=data,
            capture_output=True,
            check=True,
        ).stdout

    yield gpg
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)


def test_an_openpgp_key_counts_as_it_stood_when_it_signed(gnupg: Callable[..., bytes]) -> None:
    """Made two years ago with a year to live: good then, not now."""
    birth = NOW - 2 * 365 * 86400
    gnupg("--quick-gen-key", "Old <old@example.org>", "ed25519", "sign", "1y", at=birth)
    keys = SigningKeys.of(openpgp_keys=gnupg("--armor", "--export", "old@example.org"))
    sign = ("--armor", "--detach-sign", "--local-user", "old@example.org")
    then = unsigned(at=birth + 86400)
    signature = gnupg(*sign, data=then, at=birth + 86400)
    assert isinstance(verify(signed(then, signature), keys), Verified)
    late = unsigned(at=NOW)
    assert re.search("expired|not valid", refusal(verify(signed(late, signature), keys)))


def test_a_future_openpgp_signature_is_refused(gnupg: Callable[..., bytes]) -> None:
    gnupg("--quick-gen-key", "Now <now@example.org>", "ed25519", "sign", "never")
    keys = SigningKeys.of(openpgp_keys=gnupg("--export", "now@example.org"))
    sign = ("--armor", "--detach-sign", "--local-user", "now@example.org")
    payload = unsigned()
    assert isinstance(verify(signed(payload, gnupg(*sign, data=payload)), keys), Verified)
    future = unsigned(at=NOW + 30 * 86400)
    signature = gnupg(*sign, data=future, at=NOW + 30 * 86400)
    refusal(verify(signed(future, signature), keys))
