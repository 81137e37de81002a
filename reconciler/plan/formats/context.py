"""What a format needs to know besides the plan."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """How and for whom a plan is shown.

    `base` and `head` name the revisions compared, as people write them. `clusters` and `objects`
    count what was looked at. `width` 0: lines are as long as they are. `key` tells one comment on a
    pull request from another; `artifact` is where the whole plan can be read.
    """

    base: str = ""
    head: str = ""
    clusters: int = 0
    objects: int = 0
    width: int = 0
    has_colour: bool = False
    key: str = "default"
    artifact: str = ""


PLAIN = Context()
