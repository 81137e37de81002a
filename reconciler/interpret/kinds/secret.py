"""Secret: a service account's token is made by the member and stays there."""

from __future__ import annotations

from typing import Final

from reconciler.interpret.operation import Body, KindInterpreter

TOKEN_TYPE: Final = "kubernetes.io/service-account-token"  # noqa: S105 - a type name


def retain(desired: Body, observed: Body) -> Body:
    """The observed data, for a service account's token only."""
    if desired.get("type") != TOKEN_TYPE or observed.get("data") is None:
        return desired
    return desired | {"data": observed["data"]}


INTERPRETER: Final = KindInterpreter(api_version="v1", kind="Secret", retain=retain)
