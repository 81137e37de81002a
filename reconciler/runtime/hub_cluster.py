"""The cluster the service runs in: where its Lease is, reached as its ServiceAccount.

Tokens of ServiceAccounts expire and are replaced in their file, so the file is read again for every
use; the connection is made anew when it changed.
"""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.leader import LeaseApi
from reconciler.adapters.members.api import ApiMember
from reconciler.adapters.members.credentials import Credentials, SecretFolder, token_text
from reconciler.adapters.members.opening import member_with
from reconciler.adapters.members.pacing import Limits, Time
from reconciler.model.cluster import Cluster
from reconciler.model.errors import NoCredentials, SettingsInvalid
from reconciler.model.member import ObjectRef

_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_LIMITS: Final = Limits(attempts=1, timeout_seconds=4.0, connect_seconds=2.0)
_NAME: Final = "the hub cluster"


@contextlib.asynccontextmanager
async def hub_api(
    kubeconfig: Path | None, environment: Mapping[str, str] | None = None
) -> AsyncIterator[LeaseApi]:
    """The API server that keeps the Lease: by kubeconfig, else the one this process runs in."""
    if kubeconfig is not None:
        member = open_with(_NAME, kubeconfig_credentials(kubeconfig), _LIMITS)
        try:
            yield member
        finally:
            await member.close()
        return
    account = _Account(os.environ if environment is None else environment)
    try:
        yield account
    finally:
        await account.close()


def kubeconfig_credentials(path: Path) -> Credentials:
    """The credentials of a kubeconfig that an operator names."""
    # The Kubernetes client takes a second to load.
    from reconciler.adapters.members.kubeconfig import (  # noqa: PLC0415
        credentials_of_kubeconfig,
    )

    folder = SecretFolder.at(path.parent)
    text = folder.read(path.name)
    if text is None:
        raise SettingsInvalid(f"there is no kubeconfig {path}")
    return credentials_of_kubeconfig(text, folder)


def open_with(name: str, credentials: Credentials, limits: Limits) -> ApiMember:
    """An API server with credentials at hand, in real time."""
    clock = SystemClock()
    time = Time(now=clock.monotonic, wait=clock.sleep, chance=random.random)
    return member_with(Cluster(name=name), credentials, time=time, limits=limits, redact=str)


@dataclass(slots=True)
class _Account:
    """The API as the ServiceAccount of this pod."""

    environment: Mapping[str, str]
    folder: Path = _ACCOUNT
    _token: str = field(default="", repr=False)
    _member: ApiMember | None = None

    async def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        """The Lease."""
        return await (await self._opened()).get(ref)

    async def create(self, ref: ObjectRef, manifest: bytes) -> dict[str, Any]:
        """Create it."""
        return await (await self._opened()).create(ref, manifest)

    async def update(self, ref: ObjectRef, manifest: bytes) -> dict[str, Any]:
        """Replace it."""
        return await (await self._opened()).update(ref, manifest)

    async def close(self) -> None:
        """Give the connections back."""
        if self._member is not None:
            await self._member.close()
            self._member = None

    async def _opened(self) -> ApiMember:
        files = SecretFolder.at(self.folder)
        token = token_text(files.read("token") or "")
        if self._member is not None and token == self._token:
            return self._member
        await self.close()
        host = self.environment.get("KUBERNETES_SERVICE_HOST", "")
        if not host or not token:
            raise NoCredentials(
                "this process does not run in a cluster as a ServiceAccount",
                hint="name the cluster of the Lease with --hub-kubeconfig",
            )
        port = self.environment.get("KUBERNETES_SERVICE_PORT", "443")
        server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
        credentials = Credentials(
            server=server, authorization=f"Bearer {token}", ca_pem=files.read("ca.crt") or ""
        )
        self._token, self._member = token, open_with(_NAME, credentials, _LIMITS)
        return self._member
