"""Notifications: as plain JSON for any receiver, or as Slack reads them, to whom they concern.

The address of a receiver is a secret (Slack's is all it takes to post), so it is in no message.
Sources: Slack docs, "Sending messages using incoming webhooks", "Formatting message text".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import orjson

from reconciler.adapters.writeback.hosts.client import HostClient
from reconciler.model.announcement import Event, Notification, Severity
from reconciler.model.errors import SettingsInvalid
from reconciler.model.text import printable, shortened

_LONGEST_TEXT = 2900  # Slack: 3000 characters a section
_MOST_FACTS = 10
_SIGNATURE = "X-Signature-256"


class SinkFormat(StrEnum):
    """What the receiver reads."""

    GENERIC = "generic"
    SLACK = "slack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A receiver and its filters: no events means all, no clusters means any.

    A generic receiver can check `secret`: the HMAC-SHA-256 of the body is in `X-Signature-256`.
    """

    name: str
    url: str = field(repr=False)
    format: SinkFormat = SinkFormat.GENERIC
    least: Severity = Severity.INFO
    events: frozenset[Event] = frozenset()
    clusters: frozenset[str] = frozenset()
    secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        except ValueError:
            is_usable = False
        if not is_usable:
            raise SettingsInvalid(f"the address of the receiver {self.name} is not usable")

    def wants(self, notification: Notification) -> bool:
        """Whether the filters let it through."""
        return (
            notification.severity.rank >= self.least.rank
            and (not self.events or notification.event in self.events)
            and (not self.clusters or bool(self.clusters & set(notification.clusters)))
        )


async def notify(client: HostClient, sink: Sink, notification: Notification) -> bool:
    """Tell the receiver, if it wants to know; whether it was told. `HostUnavailable` if refused."""
    if not sink.wants(notification):
        return False
    body = orjson.dumps(_FORMATS[sink.format](notification))
    headers = {}
    if sink.secret:
        digest = hmac.new(sink.secret.encode(), body, hashlib.sha256).hexdigest()
        headers[_SIGNATURE] = f"sha256={digest}"
    await client.good(f"notifying {sink.name}", "POST", sink.url, headers=headers, body=body)
    return True


def _generic(notification: Notification) -> dict[str, Any]:
    document = {
        name: _plain(value) if isinstance(value, str) else value
        for name, value in asdict(notification).items()
    }
    return {
        **document,
        "facts": {_plain(name): _plain(value) for name, value in notification.facts},
    }


def _plain(text: str) -> str:
    return "\n".join(printable(line) for line in str(text).split("\n"))


def _slack(notification: Notification) -> dict[str, Any]:
    title = _escaped(notification.title)
    sections = [f"*{title}*"]
    if notification.text:
        sections.append(_escaped(notification.text))
    sections += [
        f"*{_escaped(name)}*: {_escaped(value)}" for name, value in notification.facts[:_MOST_FACTS]
    ]
    if notification.url:
        sections.append(f"<{_escaped(notification.url).replace('|', '%7C')}|Details>")
    text = shortened("\n".join(sections), _LONGEST_TEXT)
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
    return {"text": title, "blocks": [block]}


def _escaped(text: str) -> str:
    """Slack reads three characters; `<!channel>` and links are made with them."""
    escaped = _plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return shortened(escaped, _LONGEST_TEXT)


_FORMATS: Mapping[SinkFormat, Callable[[Notification], dict[str, Any]]] = MappingProxyType(
    {SinkFormat.GENERIC: _generic, SinkFormat.SLACK: _slack}
)
