"""Options that several verbs share, each written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])


def repo_option(command: _F) -> _F:
    """`--repo`: which fleet repo."""
    return click.option(
        "--repo",
        default=".",
        show_default=True,
        envvar="RECONCILER_REPO",
        help="Path or URL of the fleet repository.",
    )(command)


def branch_option(command: _F) -> _F:
    """`--branch`: which source branch."""
    return click.option(
        "--branch",
        default="",
        envvar="RECONCILER_BRANCH",
        help="Source branch; default: the repository's HEAD.",
    )(command)


def output_option(command: _F) -> _F:
    """`--output`: for people or for programs."""
    return click.option(
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="json is for programs.",
    )(command)


def hub_options(command: _F) -> _F:
    """Everything that a verb needs which talks to members."""
    for option in (
        click.option(
            "--credentials",
            type=click.Path(path_type=Path, file_okay=False),
            envvar="RECONCILER_CREDENTIALS",
            help="Folder of the members' secrets: DIR/<namespace>/<name>/{token,caBundle}.",
        ),
        click.option(
            "--workdir",
            type=click.Path(path_type=Path, file_okay=False),
            envvar="RECONCILER_WORKDIR",
            help="Folder for mirror, cache and lock; default: below XDG_STATE_HOME.",
        ),
        branch_option,
        repo_option,
    ):
        command = option(command)
    return command


def detailed_exitcode_option(command: _F) -> _F:
    """`--detailed-exitcode`: 2 when there are changes."""
    return click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")(
        command
    )


def head_option(command: _F) -> _F:
    """`--head`: which revision."""
    return click.option("--head", default="HEAD", show_default=True, help="Revision to look at.")(
        command
    )


def namespace_option(command: _F) -> _F:
    """`--namespace`: which namespace, where a name alone means several objects."""
    return click.option("-n", "--namespace", default="", help="Only this namespace.")(command)
