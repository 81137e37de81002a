"""Settings of the service from its environment."""

from __future__ import annotations

import pytest

from reconciler.model.errors import SettingsInvalid
from reconciler.runtime.service_settings import VARIABLES, service_settings

REPO = "https://github.com/org/fleet.git"
CANARY = "canary-3381"
FULL = {
    "RECONCILER_LISTEN": "[::]:8080",
    "RECONCILER_VIEWER_TOKEN": CANARY,
    "RECONCILER_WEBHOOK_SECRET": CANARY,
    "RECONCILER_WEBHOOK_URLS": "git@github.com:org/fleet.git",
    "RECONCILER_LEASE": "hub/leader",
    "RECONCILER_IDENTITY": "pod-1",
    "RECONCILER_VERIFY_ALLOWED_SIGNERS": "/keys/ssh",
    "RECONCILER_VERIFY_OPENPGP_KEYS": "/keys/pgp",
    "RECONCILER_HOST_KIND": "gitea",
    "RECONCILER_HOST_API": "https://git.example/api/v1/",
    "RECONCILER_HOST_PROJECT": "o/f",
    "RECONCILER_HOST_TOKEN": CANARY,
    "RECONCILER_NOTIFY_URL": f"https://x.example/{CANARY}",
    "RECONCILER_NOTIFY_SECRET": CANARY,
    "RECONCILER_NOTIFY_SLACK_URL": f"https://hooks.example/{CANARY}",
}


def test_nothing_is_wanted_by_default() -> None:
    settings = service_settings({}, REPO)
    assert (settings.listen, settings.lease, settings.host, settings.sinks) == (
        None,
        None,
        None,
        (),
    )


def test_every_variable_is_read_and_no_secret_is_shown() -> None:
    assert FULL.keys() == VARIABLES.keys()
    settings = service_settings(FULL, REPO)
    assert settings.listen == ("::", 8080)
    assert settings.lease is not None
    assert settings.host is not None
    assert settings.host.root == "https://git.example/api/v1/repos/o/f"
    assert [one.name for one in settings.sinks] == ["webhook", "slack"]
    assert str(settings.allowed_signers) == "/keys/ssh"
    assert CANARY not in repr(settings)


def test_two_processes_of_one_place_are_two() -> None:
    first, second = (service_settings(FULL, REPO).lease for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.identity != second.identity
    assert first.identity.startswith("pod-1_")


def test_the_api_follows_from_the_repository() -> None:
    environment = {"RECONCILER_HOST_KIND": "github", "RECONCILER_HOST_TOKEN": CANARY}
    host = service_settings(environment, REPO).host
    assert host is not None
    assert host.root == "https://api.github.com/repos/org/fleet"


@pytest.mark.parametrize(
    "change",
    [
        {"RECONCILER_LISTEN": "8080"},
        {"RECONCILER_LISTEN": "host:99999"},
        {"RECONCILER_LISTEN": "host:x"},
        {"RECONCILER_WEBHOOK_SECRET": ""},
        {"RECONCILER_LEASE": "leader"},
        {"RECONCILER_LEASE": "a/b/c"},
        {"RECONCILER_HOST_KIND": "cvs"},
        {"RECONCILER_HOST_TOKEN": ""},
        {"RECONCILER_NOTIFY_URL": "nowhere"},
    ],
)
def test_what_cannot_be_used_is_refused_at_start(change: dict[str, str]) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        service_settings(FULL | change, REPO)
    assert CANARY not in str(refused.value)
