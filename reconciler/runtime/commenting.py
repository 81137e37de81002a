"""Commenting: what a pipeline printed, as the one comment of ours on a pull or merge request."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.adapters.writeback.hosts import (
    HostClient,
    HostedRepository,
    HostKind,
    hosted,
    keep_comment,
)
from reconciler.runtime.settings import git_credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPlace:
    """A request on a host. `api` and `project` where the clone address does not tell them;
    `account_id` is ours, None asks the host who we are. Without `begins` only a comment that is
    there is edited.
    """

    kind: str
    number: int
    purpose: str = "plan"
    url: str = ""
    api: str = ""
    project: str = ""
    account_id: int | None = None
    begins: bool = True

    def repository(self, token: str) -> HostedRepository:
        """As the host's API names it; raises `SettingsInvalid` for what cannot be one."""
        kind = HostKind(self.kind)
        if self.api:
            return HostedRepository(kind=kind, api=self.api, project=self.project, token=token)
        return hosted(kind, self.url, token)


async def comment(place: CommentPlace, token: str, markdown: str) -> None:
    """Write or edit the comment; raises `HostUnavailable` and `SettingsInvalid`.

    A host with an authority of its own is trusted by RECONCILER_GIT_CA_FILE, as its repository is.
    """
    async with HostClient(ca_file=git_credentials().ca_file) as client:
        await keep_comment(
            client,
            place.repository(token),
            place.number,
            markdown,
            purpose=place.purpose,
            account_id=place.account_id,
            begins=place.begins,
        )
