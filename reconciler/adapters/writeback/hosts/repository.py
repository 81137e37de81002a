"""HostedRepository: a repository as its host's API names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import quote, urlsplit

from reconciler.model.address import is_loopback
from reconciler.model.errors import SettingsInvalid


class HostKind(StrEnum):
    """Which API the host speaks; Forgejo's is Gitea's."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"


def _github_api(host: str) -> str:
    return "https://api.github.com" if host == "github.com" else f"https://{host}/api/v3"


_API: Mapping[HostKind, Callable[[str], str]] = MappingProxyType(
    {
        HostKind.GITHUB: _github_api,
        HostKind.GITLAB: lambda host: f"https://{host}/api/v4",
        HostKind.GITEA: lambda host: f"https://{host}/api/v1",
    }
)

#: How a token is offered: header and what stands before it.
_AUTHORIZATION: Mapping[HostKind, tuple[str, str]] = MappingProxyType(
    {
        HostKind.GITHUB: ("Authorization", "Bearer "),
        HostKind.GITLAB: ("PRIVATE-TOKEN", ""),
        HostKind.GITEA: ("Authorization", "token "),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedRepository:
    """`api` is the root of the API, `project` the path of the repository (`org/fleet`)."""

    kind: HostKind
    api: str
    project: str
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.api)
        if parts.username is not None or parts.query or not parts.hostname:
            raise SettingsInvalid("the address of the Git host's API is not usable")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            raise SettingsInvalid("the token of a Git host travels over https only")
        if not self.token or not self.token.isprintable() or not self.token.isascii():
            raise SettingsInvalid("the token of the Git host is empty or unusable")
        if not self.project.strip("/") or ".." in self.project.split("/"):
            raise SettingsInvalid("the Git host's repository has no path")

    @property
    def root(self) -> str:
        """The API's address of the repository itself."""
        path = self.project.strip("/")
        if self.kind is HostKind.GITLAB:
            return f"{self.api}/projects/{quote(path, safe='')}"
        return f"{self.api}/repos/{quote(path)}"

    @property
    def headers(self) -> dict[str, str]:
        """What identifies us."""
        name, before = _AUTHORIZATION[self.kind]
        return {name: before + self.token}


def hosted(kind: HostKind, url: str, token: str) -> HostedRepository:
    """The repository behind a clone address; `SettingsInvalid` when that is no https address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        raise SettingsInvalid("the repository's URL is malformed") from None
    if parts.scheme != "https" or not host:
        raise SettingsInvalid(
            "the API of the Git host cannot be derived from the repository's address",
            hint="set the API's address and the project",
        )
    project = parts.path.strip("/").removesuffix(".git")
    return HostedRepository(kind=kind, api=_API[kind](host + port), project=project, token=token)
