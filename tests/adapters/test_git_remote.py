"""Addresses that are refused, and credentials that are never shown or sent astray."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pygit2
import pytest

from reconciler.adapters.git import Credentials, GitStore, Remote, Transport
from reconciler.model.errors import NoCredentials, SettingsInvalid, SourceUnavailable
from tests.adapters.gitrepos import raw_commit, raw_tree
from tests.githttp import GitServer, serving

TOKEN = "canary-token-5d1f"


@pytest.mark.parametrize(
    ("url", "transport", "address"),
    [
        ("/srv/fleet.git", Transport.FOLDER, "/srv/fleet.git"),
        ("../fleet", Transport.FOLDER, "../fleet"),
        ("file:///srv/a%20b.git", Transport.FOLDER, "/srv/a b.git"),
        ("https://h.example/f.git", Transport.HTTP, "https://h.example/f.git"),
        ("https://u:p@h.example:8443/f?x=1", Transport.HTTP, "https://h.example:8443/f"),
        ("http://[::1]:80/f", Transport.HTTP, "http://[::1]:80/f"),
        ("ssh://git@h.example:22/f.git", Transport.SSH, "ssh://h.example:22/f.git"),
        ("git@h.example:org/f.git", Transport.SSH, "ssh://h.example/org/f.git"),
    ],
)
def test_an_address_is_read_and_loses_its_userinfo(
    url: str, transport: Transport, address: str
) -> None:
    remote = Remote.at(url)
    assert (remote.transport, remote.address) == (transport, address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "--upload-pack=touch /tmp/x",
        "-oProxyCommand=x",
        "ext::sh -c x",
        "ext::sh",
        "git://h.example/f",
        "ftp://h.example/f",
        "https://",
        "https://h.example:port/f",
        "https://h.example/a\nb",
        "ssh://-oProxyCommand=x/f",
        "https://[::1/f",
    ],
)
def test_an_address_that_could_be_a_command_is_refused(url: str) -> None:
    with pytest.raises(SettingsInvalid) as refusal:
        Remote.at(url)
    assert "touch" not in str(refusal.value)


def test_no_secret_is_in_a_repr_or_a_message() -> None:
    remote = Remote.at(f"https://me:{TOKEN}@h.example/f")
    assert remote.credentials.password == TOKEN
    assert TOKEN not in repr(remote) + str(remote)
    assert remote.redacted(f"bad {TOKEN} at https://me:x@h.example/\x1b[0m") == (
        "bad *** at https://h.example/\\x1b[0m"
    )
    with pytest.raises(SettingsInvalid) as refusal:
        Remote.at(f"https://me:{TOKEN}@h.example:bad/f")
    assert TOKEN not in repr(refusal.value) + str(refusal.value.__cause__)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    root = tmp_path / "served"
    repository = pygit2.init_repository(str(root / "f.git"), bare=True, initial_head="main")
    raw_commit(repository, raw_tree(repository))
    return root


def test_a_token_opens_a_private_repository(fleet: Path, tmp_path: Path) -> None:
    server = GitServer(root=fleet, user="x-access-token", password=TOKEN)
    with serving(server):
        store = GitStore.mirror(tmp_path / "m")
        store.fetch(Remote.at(server.url("f.git"), Credentials(password=TOKEN)))
    assert store.default_branch() == "main"


@pytest.mark.parametrize("password", ["", "wrong-canary"])
def test_missing_or_wrong_credentials_are_said_once_and_not_repeated(
    fleet: Path, tmp_path: Path, password: str
) -> None:
    server = GitServer(root=fleet, user="me", password=TOKEN)
    with serving(server):
        store = GitStore.mirror(tmp_path / "m")
        with pytest.raises(NoCredentials) as refusal:
            store.fetch(Remote.at(server.url("f.git"), Credentials(password=password)))
    assert len(server.seen) <= 3
    assert "canary" not in str(refusal.value)


def test_tls_is_verified_against_the_authorities_of_the_settings(
    fleet: Path, tmp_path: Path
) -> None:
    tls, authority = self_signed(tmp_path)
    with serving(GitServer(root=fleet, tls=tls)) as server:
        store = GitStore.mirror(tmp_path / "m")
        with pytest.raises(SourceUnavailable) as refusal:
            store.fetch(Remote.at(server.url("f.git")))
        assert "certificate" in refusal.value.hint
        with pytest.raises(NoCredentials, match="authorities"):
            store.fetch(Remote.at(server.url("f.git"), Credentials(ca_file=tmp_path / "none")))
        store.fetch(Remote.at(server.url("f.git"), Credentials(ca_file=authority)))
    assert store.default_branch() == "main"


def self_signed(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's certificate that is its own authority."""
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subprocess.run(  # openssl has no library here
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


@pytest.mark.parametrize("kind", ["mirror", "opened"])
def test_a_redirect_never_carries_credentials(fleet: Path, tmp_path: Path, kind: str) -> None:
    with (
        serving(GitServer(root=fleet, user="me", password=TOKEN)) as other,
        serving(GitServer(root=fleet)) as front,
    ):
        front.redirect_to = f"http://localhost:{other.port}"
        pygit2.init_repository(str(tmp_path / "opened"), bare=True)
        store = (
            GitStore.mirror(tmp_path / "m")
            if kind == "mirror"
            else GitStore.open(tmp_path / "opened")
        )
        with pytest.raises((SourceUnavailable, NoCredentials)) as refusal:
            store.fetch(Remote.at(front.url("f.git"), Credentials(username="me", password=TOKEN)))
        assert all(authorization is None for _, _, authorization in other.seen)
    assert "redirect" in refusal.value.hint


def test_credentials_do_not_travel_over_plain_http() -> None:
    assert Remote.at("http://127.0.0.1/f").is_private
    assert Remote.at("https://h.example/f").is_private
    assert not Remote.at("http://h.example/f").is_private
    assert not Remote.at("http://127.0.0.1.example/f").is_private


def test_the_configuration_of_the_machine_is_not_read(
    fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f'[url "{fleet}/"]\n\tinsteadOf = "http://127.0.0.1:1/"\n')
    (home / ".netrc").write_text("machine 127.0.0.1 login me password x\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(fleet / "f.git"))
    store = GitStore.mirror(tmp_path / "m")
    with pytest.raises(SourceUnavailable):
        store.fetch(Remote.at("http://127.0.0.1:1/f.git"))
    with pytest.raises(SourceUnavailable):
        GitStore.open(home)
