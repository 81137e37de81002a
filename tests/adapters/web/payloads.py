"""Deliveries in the shape of each Git host, and how each of them signs."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

SECRET = "canary-secret-91bb"
URL = "https://git.example/org/fleet.git"
GITHUB: dict[str, Any] = {
    "ref": "refs/heads/main",
    "before": "0" * 40,
    "after": "a" * 40,
    "repository": {
        "id": 1,
        "full_name": "org/fleet",
        "clone_url": URL,
        "ssh_url": "git@git.example:org/fleet.git",
        "git_url": "git://git.example/org/fleet.git",
        "html_url": "https://git.example/org/fleet",
    },
    "pusher": {"name": "ada", "email": "ada@example.org"},
    "commits": [{"id": "a" * 40, "message": "Scale <script>alert(1)</script>"}],
}
GITLAB: dict[str, Any] = {
    "object_kind": "push",
    "ref": "refs/heads/main",
    "project": {
        "id": 15,
        "git_http_url": URL,
        "git_ssh_url": "git@git.example:org/fleet.git",
        "web_url": "https://git.example/org/fleet",
    },
    "commits": None,
}
GITEA: dict[str, Any] = {**GITHUB, "compare_url": "https://git.example/org/fleet/compare/a...b"}
BITBUCKET_CLOUD: dict[str, Any] = {
    "repository": {
        "full_name": "org/fleet",
        "links": {
            "self": {"href": "https://api.git.example/2.0/repositories/org/fleet"},
            "html": {"href": "https://git.example/org/fleet"},
        },
    },
    "push": {"changes": [{"new": {"type": "branch", "name": "main"}, "old": None}]},
}
BITBUCKET_DATA_CENTER: dict[str, Any] = {
    "eventKey": "repo:refs_changed",
    "repository": {
        "slug": "fleet",
        "links": {"self": [{"href": "https://git.example/projects/ORG/repos/fleet/browse"}]},
    },
    "changes": [{"ref": {"id": "refs/heads/main", "displayId": "main", "type": "BRANCH"}}],
}
GENERIC: dict[str, Any] = {"repository": URL, "ref": "refs/heads/main"}


def digest(body: bytes, secret: str = SECRET) -> str:
    """HMAC-SHA-256 in hex, as every host but GitLab makes it."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def headers(provider: str, body: bytes, *, secret: str = SECRET, event: str = "") -> dict[str, str]:
    """The headers a host would send with this body."""
    signed = digest(body, secret)
    return {
        "github": {
            "X-GitHub-Event": event or "push",
            "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "X-Hub-Signature-256": f"sha256={signed}",
            "X-Hub-Signature": "sha1=" + "0" * 40,
        },
        "gitlab": {
            "X-Gitlab-Event": event or "Push Hook",
            "X-Gitlab-Event-UUID": "13792a34-cac6-4fda-95a8-c58e00a3954e",
            "X-Gitlab-Token": secret,
        },
        "gitea": {
            "X-Gitea-Event": event or "push",
            "X-Gitea-Delivery": "f6266f16-1bf3-46a5-9ea4-602e06ead473",
            "X-Gitea-Signature": signed,
            "X-Hub-Signature-256": f"sha256={signed}",
        },
        "bitbucket": {
            "X-Event-Key": event or "repo:push",
            "X-Request-UUID": "6d1d2e3f-0000-4000-8000-000000000001",
            "X-Hub-Signature": f"sha256={signed}",
        },
        "generic": {"X-Signature-256": f"sha256={signed}", "X-Delivery-Id": "1"},
    }[provider]
