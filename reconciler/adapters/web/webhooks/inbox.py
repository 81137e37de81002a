"""Inbox: is a delivery proven, new and about a repository we watch? If so, say which.

Strategy: the digest of the body is compared with every configured secret, always all of them, in
constant time; only a proven body is parsed. The repository must be watched *under the secret that
proved it*. Whether a refusal came from the signature or from the repository cannot be seen.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.adapters.web.webhooks.addresses import Address, address
from reconciler.adapters.web.webhooks.delivery import Malformed, Proof, Provider, Push
from reconciler.adapters.web.webhooks.payload import decoded
from reconciler.model.errors import SettingsInvalid
from reconciler.model.text import printable

_MOST_REMEMBERED = 4096
_LEAST_SECRET = 8
_DIGEST_CHARACTERS = 64
_HEX = frozenset("0123456789abcdef")
#: Branches the hub writes itself: a push of ours never triggers the hub.
_OURS = ("refs/heads/reconciler/state", "refs/heads/reconciler/status")
_OUR_WORKS = "refs/heads/reconciler/works/"


class Verdict(StrEnum):
    """What became of a delivery."""

    TRIGGERED = "triggered"
    REPEATED = "repeated"
    IGNORED = "ignored"
    REFUSED = "refused"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRepository:
    """A repository by the name the hub gives it, its addresses, and the secret of its webhook."""

    name: str
    urls: tuple[str, ...]
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Watched:
    name: str
    addresses: frozenset[Address]
    secret: bytes = field(repr=False)


class Inbox:
    """Judges deliveries and calls `on_push(name)` for each new push to a watched repository.

    `on_push` must return at once and may be called for pushes that were seen already: it sets a
    flag, so that any number of calls is one fetch and none is lost.
    """

    def __init__(
        self, repositories: Iterable[WatchedRepository], on_push: Callable[[str], None]
    ) -> None:
        self._watched = tuple(_checked(one) for one in repositories)
        self._on_push = on_push
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def judge(
        self, provider: Provider, headers: Mapping[str, Sequence[str]], body: bytes
    ) -> Verdict:
        """The verdict on one delivery; `headers` by lower-case name, every value that was sent."""
        proven = self._proven(provider, headers, body)
        if not proven:
            return Verdict.REFUSED
        if not _is_push(provider, headers):
            return Verdict.IGNORED
        try:
            push = provider.read(decoded(body))
        except Malformed:
            return Verdict.MALFORMED
        return self._judged(proven, push, _identity(provider, headers, body))

    def _judged(self, proven: list[_Watched], push: Push, identity: bytes | None) -> Verdict:
        named = {found for found in map(address, push.urls) if found is not None}
        concerned = [one for one in proven if one.addresses & named]
        if not concerned:
            return Verdict.REFUSED
        if push.refs and all(_is_ours(ref) for ref in push.refs):
            return Verdict.IGNORED
        if identity is not None and self._is_repeated(identity):
            return Verdict.REPEATED
        for one in concerned:
            self._on_push(one.name)
        return Verdict.TRIGGERED

    def _proven(
        self, provider: Provider, headers: Mapping[str, Sequence[str]], body: bytes
    ) -> list[_Watched]:
        """The repositories under whose secret the delivery was sent; every secret is tried."""
        offered = _offered(provider, headers)
        return [one for one in self._watched if _matches(provider, one.secret, offered, body)]

    def _is_repeated(self, identity: bytes) -> bool:
        """Whether the delivery was judged before; remembers what it is asked."""
        is_repeated = identity in self._seen
        self._seen[identity] = None
        self._seen.move_to_end(identity)
        while len(self._seen) > _MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return is_repeated


def _identity(
    provider: Provider, headers: Mapping[str, Sequence[str]], body: bytes
) -> bytes | None:
    """The delivery's id together with what it said; None when its host gave it no id."""
    text = _single(headers, provider.deliveries)
    if not text:
        return None
    known = f"{provider.name}\0{text}\0".encode("utf-8", "surrogatepass")
    return hashlib.sha256(known + body).digest()


def _checked(repository: WatchedRepository) -> _Watched:
    name = printable(repository.name)
    if len(repository.secret) < _LEAST_SECRET:
        raise SettingsInvalid(
            f"the webhook secret of {name} is empty or shorter than {_LEAST_SECRET} characters",
            hint="make one with `openssl rand -hex 32`, or leave the webhook out",
        )
    addresses = frozenset(found for found in map(address, repository.urls) if found is not None)
    if not addresses:
        raise SettingsInvalid(f"no address of {name} can be that of a webhook's repository")
    return _Watched(repository.name, addresses, repository.secret.encode())


def _matches(provider: Provider, secret: bytes, offered: str, body: bytes) -> bool:
    """Compare in constant time; what is offered is hashed, so its length says nothing either."""
    if provider.proof is Proof.SECRET:
        body = b"token"
        offered = hmac.new(
            offered.encode("utf-8", "surrogatepass"), body, hashlib.sha256
        ).hexdigest()
    expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, offered)


def _offered(provider: Provider, headers: Mapping[str, Sequence[str]]) -> str:
    """The one signature that was sent; zeros, which nothing matches, when it is not well formed."""
    text = _single(headers, provider.signatures)
    if provider.proof is Proof.SECRET:
        return text
    digest = text.removeprefix(provider.prefix)
    is_whole = text.startswith(provider.prefix) and len(digest) == _DIGEST_CHARACTERS
    return digest if is_whole and set(digest) <= _HEX else "0" * _DIGEST_CHARACTERS


def _single(headers: Mapping[str, Sequence[str]], names: Sequence[str]) -> str:
    """The value of the first of these headers that is there; `` when it was sent twice."""
    for name in names:
        values = headers.get(name.lower(), ())
        if values:
            return values[0] if len(values) == 1 else ""
    return ""


def _is_push(provider: Provider, headers: Mapping[str, Sequence[str]]) -> bool:
    if not provider.event_header:
        return True
    return _single(headers, (provider.event_header,)) in provider.events


def _is_ours(ref: str) -> bool:
    return ref in _OURS or ref.startswith(_OUR_WORKS)
