"""ServiceAccount: keeps the token Secrets that the member added."""

from __future__ import annotations

from typing import Final

from reconciler.interpret.body import list_at
from reconciler.interpret.operation import Body, KindInterpreter

LISTS: Final = ("secrets", "imagePullSecrets")


def retain(desired: Body, observed: Body) -> Body:
    """The desired references first, then those that only the member has, by name."""
    for field in LISTS:
        seen = list_at(observed, field)
        if seen:
            desired = desired | {field: merged(list_at(desired, field), seen)}
    return desired


def merged(wanted: list[Body], seen: list[Body]) -> list[Body]:
    """Wanted references, followed by observed ones of other names."""
    names = {one.get("name") for one in wanted}
    return [*wanted, *(one for one in seen if one.get("name") not in names)]


INTERPRETER: Final = KindInterpreter(api_version="v1", kind="ServiceAccount", retain=retain)
