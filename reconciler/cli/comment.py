"""`reconciler comment`: keep one comment on a pull or merge request, edited in place."""

from __future__ import annotations

import asyncio
from typing import TextIO

import click

from reconciler.cli.console import say

_EPILOG = """\b
Examples:
  reconciler plan --base "$BASE" --format markdown > plan.md
  reconciler comment plan.md --host github --url https://github.com/org/fleet --number 42
  reconciler comment - --host gitlab --url "$CI_PROJECT_URL" --number "$CI_MERGE_REQUEST_IID"

The token comes from RECONCILER_HOST_TOKEN and is shown nowhere.
"""


@click.command("comment", epilog=_EPILOG)
@click.argument("text", type=click.File("r", encoding="utf-8"))
@click.option("--host", required=True, type=click.Choice(["github", "gitlab", "gitea"]))
@click.option("--number", required=True, type=click.IntRange(min=1), help="Of the request.")
@click.option("--url", default="", help="Clone or web address of the repository.")
@click.option("--api", default="", help="Root of the API, where the address does not tell it.")
@click.option("--project", default="", help="Path of the repository there: org/fleet.")
@click.option("--purpose", default="plan", show_default=True, help="Tells our comments apart.")
@click.option("--account-id", type=int, help="Our own id, for tokens that may not ask for it.")
@click.option(
    "--only-changes",
    is_flag=True,
    help="Begin no comment where nothing changes; one that is there is edited.",
)
@click.option("--token", envvar="RECONCILER_HOST_TOKEN", required=True, hidden=True)
def command(
    text: TextIO,
    host: str,
    number: int,
    url: str,
    api: str,
    project: str,
    purpose: str,
    account_id: int | None,
    only_changes: bool,  # noqa: FBT001 - a flag
    token: str,
) -> int:
    """Make one comment of ours say this text; comments of others are never touched."""
    from reconciler.runtime.commenting import CommentPlace, comment

    if bool(api) != bool(project) or bool(api) == bool(url):
        raise click.UsageError("name the repository by --url, or by --api and --project")
    markdown = text.read()
    place = CommentPlace(
        kind=host,
        number=number,
        purpose=purpose,
        url=url,
        api=api,
        project=project,
        account_id=account_id,
        begins=not (only_changes and _is_silent(markdown)),
    )
    asyncio.run(comment(place, token, markdown))
    say(f"the comment on {number} is up to date")
    return 0


def _is_silent(markdown: str) -> bool:
    """Whether a plan says that nothing changes."""
    from reconciler.plan.formats.words import NOTHING

    return any(line.startswith(NOTHING) for line in markdown.splitlines()[:2])
