"""From a Cluster document and a folder of credentials to an open member."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reconciler.adapters.members.api import ApiMember
from reconciler.adapters.members.credentials import Credentials, credentials_of
from reconciler.adapters.members.pacing import Limits, Time
from reconciler.adapters.members.transport import Called, Transport
from reconciler.model.cluster import Cluster


def open_member(
    cluster: Cluster,
    root: Path | None,
    *,
    time: Time,
    limits: Limits | None = None,
    redact: Callable[[str], str],
    called: Called = lambda _verb, _seconds: None,
) -> ApiMember:
    """The member of a Cluster; NoCredentials or SettingsInvalid say why there is none.

    Nothing is sent yet. `redact` takes secret values out of every text of the server;
    `called` hears of every request that was answered.
    """
    return member_with(
        cluster,
        credentials_of(cluster, root),
        time=time,
        limits=limits,
        redact=redact,
        called=called,
    )


def member_with(
    cluster: Cluster,
    credentials: Credentials,
    *,
    time: Time,
    limits: Limits | None = None,
    redact: Callable[[str], str],
    called: Called = lambda _verb, _seconds: None,
) -> ApiMember:
    """The member of a Cluster with credentials at hand."""
    limits = limits or Limits()
    transport = Transport(
        cluster.name, credentials, limits=limits, time=time, redact=redact, called=called
    )
    return ApiMember(cluster.name, transport, limits=limits, models=cluster.resource_models)
