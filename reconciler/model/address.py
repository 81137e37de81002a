"""Network addresses in URLs that a repository names: what they are, and where nobody may be sent.

Cloud metadata services live on link-local addresses. They are reached directly, by IPv4-mapped
IPv6, by the short and numeric forms that C libraries read (`0xa9fea9fe`, `2852039166`, `127.1`), or
by a name that resolves to them: whoever resolves names asks `is_forbidden` again.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

Address = IPv4Address | IPv6Address

# Amazon's metadata service over IPv6: unique-local, not link-local.
_METADATA: Final = frozenset({ip_address("fd00:ec2::254")})
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_MOST_PARTS: Final = 4
_OCTET: Final = 256


def address_of(host: str) -> Address | None:
    """The address that a host is, an IPv4 one where IPv6 only wraps it; None for a name."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return _short_form(host)
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address


def is_forbidden(address: Address) -> bool:
    """Whether no server may be there: link-local, multicast, unspecified, metadata."""
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address in _METADATA
    )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by name or by address."""
    address = address_of(host)
    return host == "localhost" if address is None else address.is_loopback


def _short_form(host: str) -> IPv4Address | None:
    """One to four numbers, the last of which fills what is left of the four octets (inet_aton)."""
    parts = host.split(".")
    if len(parts) > _MOST_PARTS or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        numbers = [_number(part) for part in parts]
    except ValueError:
        return None
    *leading, last = numbers
    left = _MOST_PARTS - len(leading)
    if any(one >= _OCTET for one in leading) or last >= _OCTET**left:
        return None
    value = last
    for place, one in enumerate(leading):
        value += one * _OCTET ** (_MOST_PARTS - 1 - place)
    return IPv4Address(value)


def _number(text: str) -> int:
    """Hexadecimal after `0x`, octal after `0`, else decimal."""
    if text[:2] in {"0x", "0X"}:
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") and len(text) > 1 else 10)
