"""Kubeconfigs: the current context's server and user, without anything that would run a program.

`exec` and `auth-provider` users are refused: a kubeconfig is data. Files it names are read inside
its own credentials folder only.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import PurePosixPath
from typing import Any

import yaml
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException
from kubernetes.aio.config.kube_config import KubeConfigLoader

from reconciler.adapters.members.credentials import Credentials, SecretFolder
from reconciler.adapters.members.endpoint import checked_endpoint
from reconciler.model.errors import NoCredentials

_PLUGINS = ("exec", "auth-provider")
_IMPERSONATION = ("as", "as-groups", "as-uid", "as-user-extra")
# Keys that hold bytes, and the keys that name files with them.
_CA, _CERTIFICATE, _KEY = "certificate-authority", "client-certificate", "client-key"


def credentials_of_kubeconfig(text: str, folder: SecretFolder) -> Credentials:
    """The credentials of the current context; NoCredentials says what is wrong with it."""
    config = _mapping(_parsed(text, folder))
    cluster, user = _active(config)
    for plugin in _PLUGINS:
        if plugin in user:
            raise NoCredentials(
                f"the kubeconfig {folder.label} uses {plugin}, which would run a program",
                hint="use a token or a client certificate",
            )
    if any(key in user for key in _IMPERSONATION):
        raise NoCredentials(f"the kubeconfig {folder.label} impersonates, which is not supported")
    pem = {
        _CA: _content(cluster, _CA, folder),
        _CERTIFICATE: _content(user, _CERTIFICATE, folder),
        _KEY: _content(user, _KEY, folder),
    }
    if "token" not in user and "tokenFile" in user:
        user["token"] = (_named_file(user.pop("tokenFile"), folder) or "").strip()
    loaded = _loaded(config, folder)
    return Credentials(
        server=checked_endpoint(str(loaded.host)),
        authorization=str((loaded.api_key or {}).get("BearerToken") or ""),
        ca_pem=pem[_CA],
        client_certificate_pem=pem[_CERTIFICATE],
        client_key_pem=pem[_KEY],
        is_insecure=not loaded.verify_ssl,
        tls_server_name=str(loaded.tls_server_name or ""),
        proxy_url=str(loaded.proxy or ""),
    )


def _parsed(text: str, folder: SecretFolder) -> Any:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise NoCredentials(f"the kubeconfig {folder.label} is not YAML") from error


def _active(config: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The cluster and user of the current context, to be changed in place."""
    context = _named(config, "contexts", config.get("current-context"), "context")
    return (
        _named(config, "clusters", context.get("cluster"), "cluster"),
        _named(config, "users", context.get("user"), "user"),
    )


def _named(config: dict[str, Any], kind: str, name: Any, field: str) -> dict[str, Any]:
    entries = config.get(kind)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("name") == name:
            return _mapping(entry.get(field))
    raise NoCredentials(f"the kubeconfig has no {field} of the current context")


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NoCredentials("the kubeconfig does not have the shape of one")
    return value


def _content(section: dict[str, Any], key: str, folder: SecretFolder) -> str:
    """The PEM text under `<key>-data` or in the file that `key` names; both keys are taken out."""
    encoded, file = section.pop(f"{key}-data", None), section.pop(key, None)
    if encoded:
        try:
            return base64.b64decode("".join(str(encoded).split()), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise NoCredentials(f"{key}-data of the kubeconfig is no base64 text") from error
    if not file:
        return ""
    text = _named_file(file, folder)
    if text is None:
        raise NoCredentials(
            f"the file that {key} of the kubeconfig {folder.label} names is missing"
        )
    return text


def _named_file(name: Any, folder: SecretFolder) -> str | None:
    if PurePosixPath(str(name)).is_absolute():
        raise NoCredentials(f"the kubeconfig {folder.label} names a file outside its folder")
    return folder.read(str(name))


def _loaded(config: dict[str, Any], folder: SecretFolder) -> Configuration:
    """What the Kubernetes client makes of the rest: server, user, proxy, TLS settings."""
    configuration = Configuration()
    configuration.proxy = None
    loader: Any = KubeConfigLoader
    coroutine = loader(config).load_and_set(configuration)
    try:
        # No plugin is left, so nothing is waited for.
        coroutine.send(None)
    except StopIteration:
        return configuration
    except (ConfigException, ValueError, TypeError, KeyError) as error:
        raise NoCredentials(f"the kubeconfig {folder.label} cannot be used") from error
    coroutine.close()
    raise NoCredentials(f"the kubeconfig {folder.label} needs a service to sign in")
