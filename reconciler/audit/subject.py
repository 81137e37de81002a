"""Which object a person means by `KIND/NAME`."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.identity import ObjectKey


def parsed(subject: str) -> tuple[str, str, str]:
    """`Deployment/web`, `apps/Deployment/web` or `Deployment.apps/web` as (group, kind, name).

    The group is `` where none is named, which means any. Raises ValueError for anything else.
    """
    head, slash, name = subject.rpartition("/")
    if not slash or not head or not name:
        raise ValueError(f"{subject!r} is not KIND/NAME")
    group, _, kind = head.rpartition("/")
    if not group and "." in kind:
        kind, _, group = kind.partition(".")
    return group, kind, name


def named(keys: Iterable[ObjectKey], subject: str, namespace: str = "") -> tuple[ObjectKey, ...]:
    """Every object that is meant, sorted; kinds are compared without case, plurals count."""
    group, kind, name = parsed(subject)
    kinds = {kind.lower(), kind.lower().removesuffix("s"), kind.lower().removesuffix("es")}
    return tuple(
        sorted(
            key
            for key in keys
            if key.name == name
            and key.kind.lower() in kinds
            and (not group or key.group == group)
            and (not namespace or key.namespace == namespace)
        )
    )
