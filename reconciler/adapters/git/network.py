"""One conversation with a remote: credentials, certificates, limits; libgit2's errors as ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pygit2
from pygit2.enums import CredentialType

from reconciler.adapters.git import isolation
from reconciler.adapters.git.remote import Remote, Transport
from reconciler.model.errors import NoCredentials, SourceUnavailable

# GitHub, GitLab, Gitea and Bitbucket take a token as password of any user name.
_TOKEN_USER = "x-access-token"  # noqa: S105 - a user name
_REFUSALS = ("status code: 401", "status code: 403")
_REDIRECT_HINT = "write the address the server redirects to"
# What the library says, and what to do about it.
_HINTS = (
    ("redirect", _REDIRECT_HINT),
    ("hostkey", "compare the host's key with the administrator's, then add it to known_hosts"),
    ("certificate", "check the server's certificate; name its authority in the settings"),
)
_MOST_RECEIVED_BYTES = 4 << 30


class Conversation(pygit2.RemoteCallbacks):
    """Callbacks of one fetch or push. Credentials are offered once: asked again means refused."""

    def __init__(self, remote: Remote) -> None:
        super().__init__()
        self._remote = remote
        self._offered: set[CredentialType] = set()
        self.said: list[str] = []

    def credentials(
        self,
        url: str,
        username_from_url: str | None,
        allowed_types: CredentialType,
    ) -> pygit2.UserPass | pygit2.Keypair | pygit2.Username:
        """Answer what the transport asks for; raises `NoCredentials`."""
        if not self._remote.is_at(url):
            # After a redirect libgit2 asks for the new host.
            raise NoCredentials("credentials are not sent to another host", hint=_REDIRECT_HINT)
        ours = self._remote.credentials
        name = ours.username or username_from_url
        if allowed_types & CredentialType.USERNAME and self._first(CredentialType.USERNAME):
            return pygit2.Username(name or "git")
        if (
            allowed_types & CredentialType.SSH_KEY
            and ours.ssh_key is not None
            and self._first(CredentialType.SSH_KEY)
        ):
            return pygit2.Keypair(name or "git", None, str(ours.ssh_key), ours.ssh_passphrase)
        if (
            allowed_types & CredentialType.USERPASS_PLAINTEXT
            and ours.password
            and self._first(CredentialType.USERPASS_PLAINTEXT)
        ):
            if not self._remote.is_private:
                raise NoCredentials("credentials are not sent over plain http", hint="use https")
            return pygit2.UserPass(name or _TOKEN_USER, ours.password)
        verdict = "did not accept the credentials" if self._offered else "asks for credentials"
        raise NoCredentials(f"{self._remote.address} {verdict}")

    def certificate_check(
        self,
        certificate: None,  # noqa: ARG002 - the library's signature
        valid: bool,  # noqa: FBT001 - the library's signature
        host: bytes,  # noqa: ARG002 - the library's signature
    ) -> bool:
        """TLS and SSH alike: what the library could not verify is refused."""
        return bool(valid)

    def sideband_progress(self, string: str) -> None:
        """Keep the last lines the server said; hooks explain themselves there."""
        self.said = [*self.said[-19:], string]

    def transfer_progress(self, stats: Any) -> None:
        """Stop a remote that sends without end."""
        if stats.received_bytes > _MOST_RECEIVED_BYTES:
            raise SourceUnavailable(f"{self._remote.address} sends more than 4 GiB")

    def _first(self, kind: CredentialType) -> bool:
        if kind in self._offered:
            return False
        self._offered.add(kind)
        return True


@contextlib.contextmanager
def conversing(remote: Remote) -> Iterator[Conversation]:
    """Prepare trust, and translate what goes wrong."""
    ours = remote.credentials
    try:
        if remote.transport is Transport.SSH:
            isolation.trust_hosts(ours.known_hosts)
        if ours.ca_file is not None:
            isolation.trust_authorities(ours.ca_file)
    except (OSError, UnicodeDecodeError, pygit2.GitError) as problem:
        raise NoCredentials(
            f"cannot read the trusted hosts or authorities: {remote.redacted(str(problem))}"
        ) from None
    try:
        yield Conversation(remote)
    except pygit2.AuthError:
        raise NoCredentials(f"{remote.address} asks for credentials") from None
    except (pygit2.GitError, KeyError, ValueError, OSError) as problem:
        raise _translated(remote, str(problem)) from None


def anonymous(repository: pygit2.Repository, remote: Remote) -> Any:
    """A remote of libgit2 that leaves no trace in the configuration."""
    address = remote.address
    if remote.transport is Transport.FOLDER:
        address = str(remote.folder.absolute())
    if remote.transport is Transport.SSH:
        user = remote.credentials.username or "git"
        address = address.replace("://", f"://{user}@", 1)
    return repository.remotes.create_anonymous(address)


def proxy_of(remote: Remote) -> Any:
    """What libgit2 wants to hear: None, True to follow the environment, or a URL."""
    return {"": None, "auto": True}.get(remote.credentials.proxy, remote.credentials.proxy)


def _translated(remote: Remote, problem: str) -> Exception:
    said = remote.redacted(problem)
    if any(refusal in said for refusal in _REFUSALS):
        return NoCredentials(f"{remote.address} refuses these credentials: {said}")
    hint = next((hint for word, hint in _HINTS if word in said), None)
    return SourceUnavailable(f"cannot talk to {remote.address}: {said}", hint=hint)
