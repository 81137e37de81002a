"""ServiceSettings: what the service needs beyond one pass, from `RECONCILER_*` of its environment.

Secrets have no place on a command line, and none of these is in the fleet repo.
"""

from __future__ import annotations

import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.adapters.writeback.hosts import (
    HostedRepository,
    HostKind,
    Sink,
    SinkFormat,
    hosted,
)
from reconciler.model.errors import SettingsInvalid

#: Every variable, and what it says.
VARIABLES: Mapping[str, str] = {
    "RECONCILER_LISTEN": "host:port of dashboard, metrics and webhooks",
    "RECONCILER_VIEWER_TOKEN": "guards the dashboard and the metrics",
    "RECONCILER_WEBHOOK_SECRET": "shared with the Git host's webhook",
    "RECONCILER_WEBHOOK_URLS": "further addresses of the repository, as its webhook says them",
    "RECONCILER_LEASE": "namespace/name of the Lease; without it a file lock is used",
    "RECONCILER_IDENTITY": "name of this replica; default: the host's",
    "RECONCILER_VERIFY_ALLOWED_SIGNERS": "file of SSH keys whose signatures count",
    "RECONCILER_VERIFY_OPENPGP_KEYS": "file of OpenPGP keys whose signatures count",
    "RECONCILER_HOST_KIND": "github, gitlab or gitea: where commit statuses are posted",
    "RECONCILER_HOST_API": "root of the host's API; default: from the repository's address",
    "RECONCILER_HOST_PROJECT": "path of the repository there, with RECONCILER_HOST_API",
    "RECONCILER_HOST_TOKEN": "token for the host's API",
    "RECONCILER_NOTIFY_URL": "receiver of notifications as JSON",
    "RECONCILER_NOTIFY_SECRET": "signs what that receiver gets",
    "RECONCILER_NOTIFY_SLACK_URL": "incoming webhook of Slack",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasePlace:
    """The Lease that replicas compete for, and the name of this one."""

    namespace: str
    name: str
    identity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """How the service shows itself, listens, and agrees on a leader. None: not wanted."""

    listen: tuple[str, int] | None = None
    viewer_token: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)
    webhook_urls: tuple[str, ...] = ()
    lease: LeasePlace | None = None
    allowed_signers: Path | None = None
    openpgp_keys: Path | None = None
    host: HostedRepository | None = None
    sinks: tuple[Sink, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that no output may show; addresses of receivers are secrets too."""
        hosts = (self.host.token,) if self.host is not None else ()
        sinks = (text for one in self.sinks for text in (one.secret, one.url))
        found = (self.viewer_token, self.webhook_secret, *hosts, *sinks)
        return tuple(text for text in found if text)


def service_settings(environment: Mapping[str, str], repo: str) -> ServiceSettings:
    """The settings; `SettingsInvalid` for a variable that cannot be used as it is.

    A variable that is set and empty is an error for the webhook's secret, and as if unset for the
    others.
    """
    if environment.get("RECONCILER_WEBHOOK_SECRET") == "":
        raise SettingsInvalid(
            "RECONCILER_WEBHOOK_SECRET is empty", hint="set it, or leave it out for no webhook"
        )
    return ServiceSettings(
        listen=_listen(environment.get("RECONCILER_LISTEN", "")),
        viewer_token=environment.get("RECONCILER_VIEWER_TOKEN", ""),
        webhook_secret=environment.get("RECONCILER_WEBHOOK_SECRET", ""),
        webhook_urls=tuple(environment.get("RECONCILER_WEBHOOK_URLS", "").split()),
        lease=_lease(environment),
        allowed_signers=_path(environment, "RECONCILER_VERIFY_ALLOWED_SIGNERS"),
        openpgp_keys=_path(environment, "RECONCILER_VERIFY_OPENPGP_KEYS"),
        host=_host(environment, repo),
        sinks=_sinks(environment),
    )


def _listen(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:  # noqa: PLR2004
        raise SettingsInvalid("RECONCILER_LISTEN is not host:port", hint="e.g. 0.0.0.0:8080")
    return host.strip("[]"), int(port)


def _lease(environment: Mapping[str, str]) -> LeasePlace | None:
    text = environment.get("RECONCILER_LEASE", "")
    if not text:
        return None
    namespace, slash, name = text.partition("/")
    if not (namespace and slash and name) or "/" in name:
        raise SettingsInvalid("RECONCILER_LEASE is not namespace/name")
    place = environment.get("RECONCILER_IDENTITY") or socket.gethostname()
    # Two processes of one name would both be the holder.
    identity = f"{place}_{uuid.uuid4().hex[:8]}"
    return LeasePlace(namespace=namespace, name=name, identity=identity)


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    return Path(environment[name]) if environment.get(name) else None


def _host(environment: Mapping[str, str], repo: str) -> HostedRepository | None:
    kind, token = (environment.get(f"RECONCILER_HOST_{name}", "") for name in ("KIND", "TOKEN"))
    if not kind:
        return None
    if kind not in set(HostKind):
        raise SettingsInvalid(f"RECONCILER_HOST_KIND is none of {', '.join(HostKind)}")
    api = environment.get("RECONCILER_HOST_API", "")
    if not api:
        return hosted(HostKind(kind), repo, token)
    project = environment.get("RECONCILER_HOST_PROJECT", "")
    return HostedRepository(kind=HostKind(kind), api=api.rstrip("/"), project=project, token=token)


def _sinks(environment: Mapping[str, str]) -> tuple[Sink, ...]:
    sinks = []
    if environment.get("RECONCILER_NOTIFY_URL"):
        sinks.append(
            Sink(
                name="webhook",
                url=environment["RECONCILER_NOTIFY_URL"],
                secret=environment.get("RECONCILER_NOTIFY_SECRET", ""),
            )
        )
    if environment.get("RECONCILER_NOTIFY_SLACK_URL"):
        slack = environment["RECONCILER_NOTIFY_SLACK_URL"]
        sinks.append(Sink(name="slack", url=slack, format=SinkFormat.SLACK))
    return tuple(sinks)
