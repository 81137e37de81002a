"""Every secret value that a pass knows: what a member says is checked against all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.diff.compare import body_of
from reconciler.diff.redact import SecretValues
from reconciler.model.world import Outcome, World


def known_secrets(world: World, outcome: Outcome) -> SecretValues:
    """The values of Secrets in Git, in what is rendered for members, and on members."""
    return SecretValues.of(_secrets(world, outcome))


def _secrets(world: World, outcome: Outcome) -> Iterator[dict[str, Any]]:
    for fleet in (world.fleet, world.last_applied, outcome.fleet):
        for key, template in fleet.templates.items() if fleet is not None else ():
            if key.is_secret:
                yield template.manifest.body
    seen: set[str] = set()
    for works in outcome.works.values():
        for key, work in works.items():
            if key.is_secret and work.body.digest not in seen:
                seen.add(work.body.digest)
                yield body_of(work)
    for observed in world.observed.values():
        for key, body in observed.objects.items() if observed is not None else ():
            if key.is_secret:
                yield body
