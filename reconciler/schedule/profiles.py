"""Profiles: which plugins a `schedulerName` runs, from FleetConfig and the plugins found.

A profile names, by kind (`filters`, `scores`, `divisions`), the plugins to run in order; `*` stands
for the built-in ones, and a kind that is left out means the built-in ones alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol, TypeVar

from reconciler.schedule.divide import DIVISIONS
from reconciler.schedule.filters import FILTERS
from reconciler.schedule.framework import Plugins, Profile
from reconciler.schedule.scores import SCORES

DEFAULT_NAME: Final = "default-scheduler"
BUILT_IN: Final = Profile(filters=FILTERS, scores=SCORES, divisions=DIVISIONS)
EVERY_BUILT_IN: Final = ("*",)

Wanted = Mapping[str, Mapping[str, tuple[str, ...]]]


class Named(Protocol):
    """What plugins of all kinds have in common."""

    @property
    def name(self) -> str:
        """How a profile names the plugin."""
        ...


Plugin = TypeVar("Plugin", bound=Named)


def profiles(wanted: Wanted, plugins: Plugins) -> dict[str, Profile]:
    """Profiles by schedulerName; the default one is the built-in unless it is written anew. Names
    that no plugin has are left out here and reported by `unknown_plugins`.
    """
    made = {
        name: Profile(
            filters=_chosen(kinds.get("filters", EVERY_BUILT_IN), FILTERS, plugins.filters),
            scores=_chosen(kinds.get("scores", EVERY_BUILT_IN), SCORES, plugins.scores),
            divisions=_chosen(kinds.get("divisions", EVERY_BUILT_IN), DIVISIONS, plugins.divisions),
        )
        for name, kinds in wanted.items()
    }
    return {DEFAULT_NAME: BUILT_IN, **made}


def unknown_plugins(wanted: Wanted, plugins: Plugins) -> tuple[str, ...]:
    """`<profile>: <kind>: <name>` for every name that no plugin has: a fault of the settings."""
    known = {
        "filters": {one.name for one in (*FILTERS, *plugins.filters)},
        "scores": {one.name for one in (*SCORES, *plugins.scores)},
        "divisions": {one.name for one in (*DIVISIONS, *plugins.divisions)},
    }
    return tuple(
        f"{profile}: {kind}: {name}"
        for profile, kinds in sorted(wanted.items())
        for kind, names in sorted(kinds.items())
        for name in names
        if name not in {*known.get(kind, ()), "*"}
    )


def _chosen(
    names: tuple[str, ...], built_in: tuple[Plugin, ...], others: tuple[Plugin, ...]
) -> tuple[Plugin, ...]:
    available = (*built_in, *others)
    own = tuple(one.name for one in built_in)
    wanted = [known for name in names for known in (own if name == "*" else (name,))]
    return tuple(one for name in dict.fromkeys(wanted) for one in available if one.name == name)
