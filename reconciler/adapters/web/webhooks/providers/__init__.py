"""PROVIDERS: every Git host that is understood, one file each; the path of the webhook names it."""

from __future__ import annotations

from types import MappingProxyType

from reconciler.adapters.web.webhooks.providers import bitbucket, generic, gitea, github, gitlab

_ALL = (
    github.PROVIDER,
    gitlab.PROVIDER,
    gitea.PROVIDER,
    bitbucket.PROVIDER,
    generic.PROVIDER,
)

PROVIDERS = MappingProxyType({one.name: one for one in _ALL} | {"forgejo": gitea.PROVIDER})
