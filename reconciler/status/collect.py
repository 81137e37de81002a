"""One template on one member: applied or not, healthy or not, and the part of its status that
counts.

Rules (karmada-semantics §2.14): not applied means health Unknown; the status is the reflected part,
or all of it for kinds
without that hook; a failing health hook means Unknown. Beyond Karmada: kinds without a health hook
are judged by the
conventions of their conditions instead of being called healthy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.interpret.chain import Interpreter, InterpretError, Unanswered
from reconciler.interpret.kstatus import health_by_conventions
from reconciler.model.report import Health, MemberStatus

_LONGEST_MESSAGE = 1024


def collected(cluster: str, observed: dict[str, Any], interpreter: Interpreter) -> MemberStatus:
    """What an object that is applied on a member says of itself."""
    health, message = _health(observed, interpreter)
    return MemberStatus(
        cluster=cluster,
        applied=True,
        health=health,
        message=message[:_LONGEST_MESSAGE],
        replicas=_replicas(observed, interpreter),
        status=_status(observed, interpreter),
    )


def missing(cluster: str, message: str) -> MemberStatus:
    """An object that is not on its member, and why."""
    return MemberStatus(
        cluster=cluster,
        applied=False,
        health=Health.UNKNOWN,
        message=message[:_LONGEST_MESSAGE],
    )


def silent(cluster: str, message: str, before: MemberStatus | None) -> MemberStatus:
    """An object on a member that cannot be read: what it last said, of unknown health."""
    if before is None:
        return missing(cluster, message)
    return replace(before, health=Health.UNKNOWN, message=message[:_LONGEST_MESSAGE])


def dated(status: MemberStatus, before: MemberStatus | None, now: str) -> MemberStatus:
    """The status with the time since when it has been so."""
    same = before is not None and _mood(before) == _mood(status)
    return replace(status, since=before.since if before is not None and same else now)


def _mood(status: MemberStatus) -> tuple[bool, Health, str]:
    return status.applied, status.health, status.message


def _health(observed: dict[str, Any], interpreter: Interpreter) -> tuple[Health, str]:
    try:
        healthy = interpreter.interpret_health(observed)
    except InterpretError as error:
        return Health.UNKNOWN, str(error)
    except Unanswered as error:
        return Health.UNKNOWN, str(error)
    if healthy is None:
        return health_by_conventions(observed)
    return (Health.HEALTHY if healthy else Health.UNHEALTHY), ""


def _status(observed: dict[str, Any], interpreter: Interpreter) -> Any:
    try:
        reflected = interpreter.reflect_status(observed)
    except (InterpretError, Unanswered):
        return None
    return observed.get("status") if reflected is None else reflected


def _replicas(observed: Mapping[str, Any], interpreter: Interpreter) -> int | None:
    try:
        answer = interpreter.get_replicas(dict(observed))
    except (InterpretError, Unanswered):
        return None
    return None if answer is None else answer.replicas
