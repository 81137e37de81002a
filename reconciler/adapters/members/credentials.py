"""Credentials of members: files in a folder, never in Git.

Shape: `DIR/<namespace>/<name>/` holds `token` and `caBundle`, or `kubeconfig`. Kubernetes mounts
Secrets as symbolic links (`token -> ..data/token`); links are followed inside the entry's folder
only.
"""

from __future__ import annotations

import re
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.adapters.members.endpoint import checked_endpoint
from reconciler.model.cluster import Cluster
from reconciler.model.errors import NoCredentials, SettingsInvalid

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_LARGEST_FILE = 1 << 20
PROXY_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How to reach a member and as whom; nothing of it is ever printed."""

    server: str
    authorization: str = field(default="", repr=False)
    ca_pem: str = field(default="", repr=False)
    client_certificate_pem: str = field(default="", repr=False)
    client_key_pem: str = field(default="", repr=False)
    is_insecure: bool = False
    tls_server_name: str = ""
    proxy_url: str = field(default="", repr=False)
    proxy_headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS settings, None for plain http; NoCredentials when certificates cannot be read."""
        if not self.server.startswith("https://"):
            return None
        try:
            return self._ssl_context()
        except (ssl.SSLError, ValueError) as error:
            raise NoCredentials("a certificate or key of the member cannot be read") from error

    def _ssl_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.ca_pem or None)
        if self.is_insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.client_certificate_pem:
            # OpenSSL reads client certificates from files only.
            with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
                certificate, key = Path(folder, "certificate"), Path(folder, "key")
                certificate.write_text(self.client_certificate_pem)
                key.touch(mode=0o600)
                key.write_text(self.client_key_pem)
                context.load_cert_chain(certificate, key)
        return context


class SecretFolder:
    """The files of one credentials entry, read without leaving it."""

    def __init__(self, root: Path, namespace: str, name: str) -> None:
        self.label = f"{namespace}/{name}"
        if not (_NAME.fullmatch(namespace) and _NAME.fullmatch(name)):
            raise NoCredentials("a secretRef's namespace and name are DNS names")
        top = root.resolve()
        self._folder = (root / namespace / name).resolve()
        if not self._folder.is_relative_to(top):
            raise NoCredentials(f"the credentials {self.label} lie outside the credentials folder")

    @classmethod
    def at(cls, folder: Path) -> SecretFolder:
        """A folder that an operator names, wherever it is."""
        found = cls.__new__(cls)
        found.label = str(folder)
        found._folder = folder.resolve()  # noqa: SLF001 - its own
        return found

    def read(self, name: str) -> str | None:
        """The text of a file, None when it is not there; NoCredentials when it may not be read."""
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder):
            raise NoCredentials(f"{name} of the credentials {self.label} lies outside their folder")
        if not path.is_file():
            return None
        try:
            with path.open("rb") as file:
                raw = file.read(_LARGEST_FILE + 1)
            if len(raw) > _LARGEST_FILE:
                raise NoCredentials(f"{name} of the credentials {self.label} is too large")
            return raw.decode()
        except (OSError, UnicodeDecodeError) as error:
            raise NoCredentials(f"{name} of the credentials {self.label} cannot be read") from error


def credentials_of(cluster: Cluster, root: Path | None) -> Credentials:
    """The credentials of a Cluster; NoCredentials or SettingsInvalid say what is missing."""
    if cluster.secret_ref is None:
        raise NoCredentials("the Cluster names no secretRef")
    if root is None:
        raise NoCredentials("no credentials folder is given", hint="start with --credentials DIR")
    folder = SecretFolder(root, *cluster.secret_ref)
    kubeconfig = folder.read("kubeconfig")
    if kubeconfig is not None:
        # The Kubernetes client takes a second to load; most members have a token.
        from reconciler.adapters.members.kubeconfig import (  # noqa: PLC0415
            credentials_of_kubeconfig,
        )

        return with_cluster(credentials_of_kubeconfig(kubeconfig, folder), cluster)
    token = token_text(folder.read("token") or "")
    if not token:
        raise NoCredentials(
            f"the credentials {folder.label} hold neither token nor kubeconfig",
            hint="put token and caBundle into the credentials folder",
        )
    bundle = folder.read("caBundle") or folder.read("ca.crt") or ""
    server = checked_endpoint(cluster.api_endpoint)
    return with_cluster(
        Credentials(server=server, authorization=f"Bearer {token}", ca_pem=bundle), cluster
    )


def with_cluster(found: Credentials, cluster: Cluster) -> Credentials:
    """The credentials with what the Cluster document says about endpoint, TLS and proxy."""
    proxy = cluster.proxy_url or found.proxy_url
    if proxy and not proxy.startswith(PROXY_SCHEMES):
        raise SettingsInvalid("only http and https proxies are supported")
    endpoint = cluster.api_endpoint
    return Credentials(
        server=checked_endpoint(endpoint) if endpoint else found.server,
        authorization=found.authorization,
        ca_pem=found.ca_pem,
        client_certificate_pem=found.client_certificate_pem,
        client_key_pem=found.client_key_pem,
        is_insecure=found.is_insecure or cluster.insecure_skip_tls_verification,
        tls_server_name=found.tls_server_name,
        proxy_url=proxy,
        proxy_headers=cluster.proxy_header,
    )


def token_text(raw: str) -> str:
    """The token of a file; NoCredentials when it could not stand in a header."""
    token = raw.strip()
    if not token.isascii() or any(character <= " " for character in token):
        raise NoCredentials("a bearer token is one ASCII word")
    return token
