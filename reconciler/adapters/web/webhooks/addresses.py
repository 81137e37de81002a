"""Repository addresses compared as what they name, never as text or pattern.

Rules: host without case and trailing dot, port only where it is not the scheme's own, path decoded
once, without trailing slashes and `.git`; scheme and userinfo do not count, because one repository
has an https and an ssh address. Hosts compare paths with case: so do we.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_LONGEST = 2048
_PORTS = {"https": 443, "http": 80, "ssh": 22, "git": 9418}
_SCP_LIKE = re.compile(r"(?:[A-Za-z0-9._-]+@)?([A-Za-z0-9][A-Za-z0-9.-]*):([^:/].*|/.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a repository is; `port` None for the scheme's own."""

    host: str
    port: int | None
    path: str


def address(url: str) -> Address | None:
    """What the address names; None when it is no address of a repository on a host.

    Anything with a control character, a blank or a backslash names nothing.
    """
    if len(url) > _LONGEST or not url.isprintable() or not url.isascii() or set(url) & set(" \\"):
        return None
    scp = _SCP_LIKE.fullmatch(url) if "://" not in url else None
    if scp is not None:
        return _made("ssh", scp[1], None, scp[2])
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or parts.query or parts.fragment:
        return None
    return _made(parts.scheme, host, port, parts.path)


def _made(scheme: str, host: str, port: int | None, path: str) -> Address | None:
    decoded = unquote(path, errors="strict") if _is_utf8(path) else ""
    if not host or not decoded.isprintable() or ".." in decoded.split("/"):
        return None
    bare = decoded.strip("/").removesuffix(".git").rstrip("/")
    if not bare:
        return None
    return Address(host=_canonical(host), port=None if port == _PORTS[scheme] else port, path=bare)


def _is_utf8(path: str) -> bool:
    try:
        unquote(path, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def _canonical(host: str) -> str:
    name = host.lower().rstrip(".")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name
