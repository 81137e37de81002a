"""Redactor: takes the fleet's secret values out of every text that comes from outside.

Members quote what they were sent in their refusals, and scripts what they were given; nothing of it
may reach a log, a
status or a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.diff.redact import NO_SECRETS, SecretValues
from reconciler.model.fleet import Fleet


class Redactor:
    """A callable from text to text; learns the secrets of each fleet it is shown."""

    def __init__(self) -> None:
        self._secrets: SecretValues = NO_SECRETS

    def __call__(self, text: str) -> str:
        """The text without any known value."""
        return self._secrets.redact(text)

    def learn(self, fleets: Iterable[Fleet | None]) -> None:
        """Know the Secrets of these fleets, and of none before them."""
        self._secrets = SecretValues.of(_secrets(fleets))


def _secrets(fleets: Iterable[Fleet | None]) -> Iterator[dict[str, object]]:
    for fleet in fleets:
        for key, template in (fleet.templates if fleet else {}).items():
            if (key.group, key.kind) == ("", "Secret"):
                yield template.manifest.body
