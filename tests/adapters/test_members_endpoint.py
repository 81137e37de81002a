"""Where a member may live, and credentials that stay in their folder."""

from __future__ import annotations

import base64
import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.members.credentials import credentials_of
from reconciler.adapters.members.endpoint import GuardedResolver, checked_endpoint
from reconciler.model.cluster import Cluster
from reconciler.model.errors import MemberUnreachable, NoCredentials, SettingsInvalid

CLUSTER = Cluster(
    name="eu-1", api_endpoint="https://eu-1.example:6443", secret_ref=("fleet", "eu-1")
)


@pytest.mark.parametrize(
    "url",
    [
        "https://eu-1.example:6443",
        "https://10.0.0.1",
        "https://[2001:db8::1]:6443/prefix",
        "http://127.0.0.1:8080",
        "http://localhost:1",
        "http://[::1]:1",
    ],
)
def test_api_servers_may_be_here(url: str) -> None:
    assert checked_endpoint(f"{url}/") == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "eu-1.example",
        "ftp://eu-1.example",
        "file:///etc/passwd",
        "http://eu-1.example",
        "http://10.0.0.1",
        "https://",
        "https:///path",
        "https://user:pw@eu-1.example",
        "https://@eu-1.example",
        "https://eu-1.example?x=1",
        "https://eu-1.example#x",
        "https://eu-1.example:99999",
        "https://169.254.169.254",
        "https://[::ffff:169.254.169.254]",
        "https://[::ffff:a9fe:a9fe]",
        "https://[fe80::1]",
        "https://[fd00:ec2::254]",
        "https://[2002:a9fe:a9fe::]",
        "https://0xa9fea9fe",
        "https://2852039166",
        "https://169.254.43518",
        "https://0.0.0.0",
        "https://224.0.0.1",
        "https://eu-1.example\\@evil",
        "https://eu 1.example",
        "https://eu-1\r\n.example",
        "https://ëu.example",
        "http://127.0.0.1.example",
        "http://localhost.example",
    ],
)
def test_no_api_server_is_here(url: str) -> None:
    with pytest.raises(SettingsInvalid):
        checked_endpoint(url)


async def test_a_name_that_leads_to_a_forbidden_address_is_refused() -> None:
    resolver = GuardedResolver()
    with pytest.raises(MemberUnreachable):
        await resolver.resolve("169.254.169.254", 443, socket.AF_INET)
    assert await resolver.resolve("127.0.0.1", 443, socket.AF_INET)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fleet" / "eu-1").mkdir(parents=True)
    return tmp_path


def put(folder: Path, name: str, text: str) -> None:
    (folder / "fleet" / "eu-1" / name).write_text(text)


def test_token_and_bundle_are_read_and_never_shown(folder: Path) -> None:
    put(folder, "token", "canary-token\n")
    put(folder, "caBundle", "PEM")
    found = credentials_of(CLUSTER, folder)
    assert (found.authorization, found.ca_pem) == ("Bearer canary-token", "PEM")
    assert "canary" not in repr(found)


def test_links_as_kubernetes_mounts_them_are_followed(folder: Path) -> None:
    entry = folder / "fleet" / "eu-1"
    (entry / "..2026_01").mkdir()
    (entry / "..2026_01" / "token").write_text("t")
    (entry / "..data").symlink_to("..2026_01")
    (entry / "token").symlink_to("..data/token")
    assert credentials_of(CLUSTER, folder).authorization == "Bearer t"


@pytest.mark.parametrize("target", ["../us-1/token", "../../../outside", "/etc/hostname"])
def test_links_that_leave_the_entry_are_refused(folder: Path, target: str) -> None:
    (folder / "fleet" / "us-1").mkdir()
    (folder / "fleet" / "us-1" / "token").write_text("another member's")
    (folder.parent / "outside").write_text("outside")
    (folder / "fleet" / "eu-1" / "token").symlink_to(target)
    with pytest.raises(NoCredentials):
        credentials_of(CLUSTER, folder)


def test_an_entry_that_is_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    outside = folder.parent / "elsewhere"
    outside.mkdir(exist_ok=True)
    (outside / "token").write_text("t")
    (folder / "fleet" / "us-1").symlink_to(outside)
    with pytest.raises(NoCredentials):
        credentials_of(replace(CLUSTER, secret_ref=("fleet", "us-1")), folder)


@pytest.mark.parametrize(
    "ref",
    [("..", "x"), ("fleet", ".."), ("fleet", "a/b"), ("", "eu-1"), ("fleet", "../fleet/eu-1")],
)
def test_names_that_are_paths_are_refused(folder: Path, ref: tuple[str, str]) -> None:
    with pytest.raises(NoCredentials):
        credentials_of(replace(CLUSTER, secret_ref=ref), folder)


@pytest.mark.parametrize("token", ["", "  \n", "two words", "a\r\nX-Evil: 1", "ünicode"])
def test_a_token_is_one_word(folder: Path, token: str) -> None:
    put(folder, "token", token)
    with pytest.raises(NoCredentials):
        credentials_of(CLUSTER, folder)


def test_a_missing_reference_folder_or_file_is_said(folder: Path) -> None:
    for cluster, root in (
        (replace(CLUSTER, secret_ref=None), folder),
        (CLUSTER, None),
        (CLUSTER, folder),
    ):
        with pytest.raises(NoCredentials):
            credentials_of(cluster, root)


def test_unreadable_and_enormous_files_are_refused(folder: Path) -> None:
    (folder / "fleet" / "eu-1" / "token").write_bytes(b"\xff\xfe")
    with pytest.raises(NoCredentials):
        credentials_of(CLUSTER, folder)
    put(folder, "token", "x" * (2 << 20))
    with pytest.raises(NoCredentials):
        credentials_of(CLUSTER, folder)


def test_only_http_proxies_are_supported(folder: Path) -> None:
    put(folder, "token", "t")
    with pytest.raises(SettingsInvalid):
        credentials_of(replace(CLUSTER, proxy_url="socks5://proxy:1080"), folder)
    found = credentials_of(replace(CLUSTER, proxy_url="http://proxy:3128"), folder)
    assert found.proxy_url == "http://proxy:3128"


def kubeconfig(user: dict[str, Any], **cluster: Any) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
            "clusters": [
                {"name": "k", "cluster": {"server": "https://eu-1.example:6443", **cluster}}
            ],
            "users": [{"name": "u", "user": user}],
        }
    )


def test_a_kubeconfig_with_a_token_is_read(folder: Path) -> None:
    ca = base64.b64encode(b"PEM").decode()
    put(folder, "kubeconfig", kubeconfig({"token": "t"}, **{"certificate-authority-data": ca}))
    found = credentials_of(replace(CLUSTER, api_endpoint=""), folder)
    assert (found.server, found.authorization) == ("https://eu-1.example:6443", "Bearer t")
    assert (found.ca_pem, found.is_insecure) == ("PEM", False)


def test_files_of_a_kubeconfig_are_read_beside_it(folder: Path) -> None:
    put(folder, "ca.pem", "PEM")
    put(folder, "t", "from-file\n")
    put(
        folder,
        "kubeconfig",
        kubeconfig({"tokenFile": "t"}, **{"certificate-authority": "ca.pem"}),
    )
    found = credentials_of(CLUSTER, folder)
    assert (found.authorization, found.ca_pem) == ("Bearer from-file", "PEM")


def test_basic_authentication_is_taken_from_a_kubeconfig(folder: Path) -> None:
    put(folder, "kubeconfig", kubeconfig({"username": "u", "password": "p"}))
    assert credentials_of(CLUSTER, folder).authorization == "Basic dTpw"


@pytest.mark.parametrize(
    ("user", "cluster"),
    [
        ({"exec": {"apiVersion": "v1", "command": "touch", "args": ["owned"]}}, {}),
        ({"auth-provider": {"name": "gcp"}}, {}),
        ({"auth-provider": {"name": "oidc", "config": {}}}, {}),
        ({"exec": None}, {}),
        ({"token": "t", "as": "system:admin"}, {}),
        ({"tokenFile": "/etc/hostname"}, {}),
        ({"tokenFile": "../us-1/token"}, {}),
        ({"client-certificate": "/etc/hostname", "client-key": "/etc/hostname"}, {}),
        ({"client-certificate": "missing"}, {}),
        ({"client-key-data": "!!"}, {}),
        ({"token": "t"}, {"certificate-authority": "../../x"}),
    ],
)
def test_kubeconfigs_that_run_or_read_elsewhere_are_refused(
    folder: Path, user: dict[str, Any], cluster: dict[str, Any]
) -> None:
    put(folder, "kubeconfig", kubeconfig(user, **cluster))
    with pytest.raises(NoCredentials):
        credentials_of(CLUSTER, folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "a: [",
        "current-context: c",
        "{contexts: 3, current-context: c}",
        "!!python/none x",
    ],
)
def test_what_is_no_kubeconfig_is_refused(folder: Path, text: str) -> None:
    put(folder, "kubeconfig", text)
    with pytest.raises(NoCredentials):
        credentials_of(CLUSTER, folder)


def test_a_kubeconfig_may_not_name_a_forbidden_server(folder: Path) -> None:
    put(folder, "kubeconfig", kubeconfig({"token": "t"}, server="https://169.254.169.254"))
    with pytest.raises(SettingsInvalid):
        credentials_of(replace(CLUSTER, api_endpoint=""), folder)


def test_a_damaged_certificate_is_no_credential(folder: Path) -> None:
    put(folder, "token", "t")
    put(folder, "caBundle", "not a certificate")
    with pytest.raises(NoCredentials):
        credentials_of(CLUSTER, folder).ssl_context()
