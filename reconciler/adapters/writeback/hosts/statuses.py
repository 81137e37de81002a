"""Commit statuses: the shape each host wants, one row each.

Sources: GitHub REST, "Create a commit status"; GitLab, "Set the pipeline status of a commit";
Gitea, "Create a commit status".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import orjson

from reconciler.adapters.writeback.hosts.client import HostClient, Reply
from reconciler.adapters.writeback.hosts.repository import HostedRepository, HostKind
from reconciler.model.announcement import CommitState, CommitStatus
from reconciler.model.errors import HostUnavailable
from reconciler.model.text import printable, shortened

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_WHAT = "posting the commit's status"
_GITLAB_STATES = {
    CommitState.PENDING: "running",
    CommitState.SUCCESS: "success",
    CommitState.FAILURE: "failed",
}


@dataclass(frozen=True, slots=True)
class _Shape:
    """`is_repeat`: the host refuses to be told what it knows, which is as good."""

    longest: int
    body: Callable[[CommitStatus, str], dict[str, str]]
    is_repeat: Callable[[Reply], bool] = lambda reply: False  # noqa: ARG005


def _github(status: CommitStatus, description: str) -> dict[str, str]:
    return {
        "state": str(status.state),
        "context": status.context,
        "description": description,
        **({"target_url": status.url} if status.url else {}),
    }


def _gitlab(status: CommitStatus, description: str) -> dict[str, str]:
    return {
        "state": _GITLAB_STATES[status.state],
        "name": status.context,
        "description": description,
        **({"target_url": status.url} if status.url else {}),
    }


def _is_known_transition(reply: Reply) -> bool:
    message = reply.body.get("message") if isinstance(reply.body, dict) else ""
    return reply.status == 400 and "annot transition status" in str(message)  # noqa: PLR2004


_SHAPES: Mapping[HostKind, _Shape] = MappingProxyType(
    {
        HostKind.GITHUB: _Shape(140, _github),
        HostKind.GITLAB: _Shape(255, _gitlab, _is_known_transition),
        HostKind.GITEA: _Shape(255, _github),
    }
)


async def post_status(
    client: HostClient, repository: HostedRepository, status: CommitStatus
) -> None:
    """Show the status beside its commit; `HostUnavailable` when the host does not take it."""
    if _COMMIT.fullmatch(status.commit) is None:
        raise HostUnavailable(f"{_WHAT} failed: there is no commit", hint="wait for a first pass")
    shape = _SHAPES[repository.kind]
    description = shortened(printable(status.description), shape.longest)
    reply = await client.send(
        _WHAT,
        "POST",
        f"{repository.root}/statuses/{status.commit}",
        headers=repository.headers,
        body=orjson.dumps(shape.body(status, description)),
    )
    if not reply.is_good and not shape.is_repeat(reply):
        raise HostUnavailable(f"{_WHAT} was answered with status {reply.status}")
