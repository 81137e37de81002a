"""Where a fleet repository is and how to identify there, without ever saying a secret.

Rules: only local paths, `file://`, `http(s)://`, `ssh://` and `user@host:path` are addresses;
transport helpers (`ext::`), `git://` and anything that could be read as an option are refused.
Userinfo of a URL becomes credentials at once, so no address that is kept, printed or raised carries
it. Credentials go over TLS, SSH or loopback only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from reconciler.model.address import is_loopback
from reconciler.model.errors import SettingsInvalid
from reconciler.model.text import printable, shortened

_SCP_LIKE = re.compile(
    r"(?:(?P<user>[A-Za-z0-9._-]+)@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]+):(?P<path>[^:].*)"
)
_USERINFO = re.compile(r"(?<=//)[^/\s@]*@")
_LONGEST_MESSAGE = 500


class Transport(StrEnum):
    """How a remote is reached."""

    FOLDER = "folder"
    HTTP = "http"
    SSH = "ssh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What identifies us; secrets are left out of `repr`.

    `password` is a password or a token. `known_hosts` is the only file that vouches for SSH hosts
    (default: the user's own); `ca_file` is trusted beside the system's authorities. `proxy` is a
    URL, or `auto` to follow the environment.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    ssh_key: Path | None = None
    ssh_passphrase: str = field(default="", repr=False)
    known_hosts: Path | None = None
    ca_file: Path | None = None
    proxy: str = field(default="", repr=False)

    def secrets(self) -> tuple[str, ...]:
        """Every text that must not reach an output."""
        userinfo = urlsplit(self.proxy).password or "" if "@" in self.proxy else ""
        return tuple(text for text in (self.password, self.ssh_passphrase, userinfo) if text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A remote repository: how it is reached, where (printable), and who we are there."""

    transport: Transport
    address: str
    credentials: Credentials = field(default_factory=Credentials)

    @classmethod
    def at(cls, url: str, credentials: Credentials | None = None) -> Remote:
        """Read an address as a person writes it; raises `SettingsInvalid`."""
        given = credentials or Credentials()
        if not url or url.startswith("-") or url != printable(url) or " " in url:
            raise SettingsInvalid("the repository's address is not a URL or a path")
        if "://" in url:
            return _from_url(url, given)
        if "::" in url.partition("/")[0]:
            raise SettingsInvalid("transport helpers (name::address) are not used")
        scp = _SCP_LIKE.fullmatch(url)
        if scp is not None:
            address = f"ssh://{scp['host']}/{scp['path'].lstrip('/')}"
            return cls(
                transport=Transport.SSH,
                address=address,
                credentials=_named(given, scp["user"] or ""),
            )
        return cls(transport=Transport.FOLDER, address=url, credentials=given)

    @property
    def folder(self) -> Path:
        """The repository's place when the transport is FOLDER."""
        return Path(self.address)

    @property
    def is_private(self) -> bool:
        """Whether credentials may travel there: over TLS, SSH or loopback."""
        return not self.address.startswith("http://") or is_loopback(
            urlsplit(self.address).hostname or ""
        )

    def is_at(self, url: str) -> bool:
        """Whether a URL leads to this remote's host."""
        return _place(url) == _place(self.address)

    def redacted(self, text: str) -> str:
        """A message from outside, safe to show: one line, no secret, no userinfo."""
        for secret in self.credentials.secrets():
            text = text.replace(secret, "***")
        return shortened(printable(_USERINFO.sub("", text.strip())), _LONGEST_MESSAGE)


def _from_url(url: str, credentials: Credentials) -> Remote:
    try:
        parts = urlsplit(url)
        host = _host(parts)
    except ValueError as problem:
        # The parser's own message may quote the URL, userinfo included.
        raise SettingsInvalid("the repository's URL is malformed") from problem.with_traceback(None)
    match parts.scheme.lower():
        case "file":
            return Remote(
                transport=Transport.FOLDER, address=unquote(parts.path), credentials=credentials
            )
        case "http" | "https" | "ssh" as scheme if host:
            address = f"{scheme}://{host}{parts.path}"
            transport = Transport.SSH if scheme == "ssh" else Transport.HTTP
            named = _named(credentials, unquote(parts.username or ""))
            if parts.password and not named.password:
                named = replace(named, password=unquote(parts.password))
            return Remote(transport=transport, address=address, credentials=named)
        case _:
            raise SettingsInvalid(
                "the repository's URL has a scheme that is not used",
                hint="write a path, or a URL with https, http, ssh or file",
            )


def _host(parts: SplitResult) -> str:
    """Host and port as they stand in a URL; raises ValueError for a bad port."""
    host = parts.hostname or ""
    if host.startswith("-"):
        raise ValueError("host begins with a dash")
    bracketed = f"[{host}]" if ":" in host else host
    return f"{bracketed}:{parts.port}" if parts.port is not None else bracketed


def _place(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _named(credentials: Credentials, username: str) -> Credentials:
    """Explicit settings win over the URL's."""
    return credentials if credentials.username else replace(credentials, username=username)
