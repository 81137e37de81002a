"""`reconciler rollback`: take a commit of the source branch back, for review."""

from __future__ import annotations

import click

from reconciler.cli.console import say, show_json
from reconciler.cli.options import branch_option, output_option, repo_option

_EPILOG = """\b
Examples:
  reconciler rollback 1a2b3c4               a branch with the revert, to review and merge
  reconciler rollback 1a2b3c4 --patch       the same as a patch on standard output
  reconciler rollback 1a2b3c4 --hold        and keep the commit from being applied until then
  reconciler rollback 1a2b3c4 --release     let it be applied after all
"""


@click.command("rollback", epilog=_EPILOG)
@click.argument("commit")
@click.option("--to", "name", default="", help="Name of the branch; default: rollback-<commit>.")
@click.option("--patch", is_flag=True, help="Write nothing; print the revert as a patch.")
@click.option("--hold", is_flag=True, help="Keep the commit from being applied meanwhile.")
@click.option("--release", is_flag=True, help="Only end such a hold.")
@output_option
@branch_option
@repo_option
def command(
    commit: str,
    name: str,
    patch: bool,  # noqa: FBT001 - a flag
    hold: bool,  # noqa: FBT001 - a flag
    release: bool,  # noqa: FBT001 - a flag
    output: str,
    branch: str,
    repo: str,
) -> int:
    """Take a commit back: the revert as a branch for review, under your own identity."""
    from reconciler.runtime.repository import FleetRepository
    from reconciler.runtime.rollback import RollingBack

    if release and (patch or hold or name):
        raise click.UsageError("--release stands alone")
    rolling = RollingBack(FleetRepository.open_or_mirror(repo, branch))
    bad = rolling.revision(commit)
    if release:
        mark = rolling.release(bad)
        _show(
            {"released": bad.id, "commit": mark}, f"released {bad.id[:12]} with {mark[:12]}", output
        )
        return 0
    if patch:
        click.echo(rolling.reversal(bad).patch, nl=False)
        return 0
    done = rolling.branch(bad, name)
    shown = {"branch": done.branch, "commit": done.commit, "reverted": done.reverted}
    text = f"branch {done.branch} takes {bad.id[:12]} back ({bad.subject}); review and merge it"
    if hold and rolling.is_applied(bad):
        text += "\nit is applied already, so that nothing is held: the merge takes it back"
    elif hold:
        shown["hold"] = rolling.hold(bad)
        text += f"\nit is held by {shown['hold'][:12]} until the branch is merged"
    _show(shown, text, output)
    return 0


def _show(value: dict[str, str], text: str, output: str) -> None:
    if output == "json":
        show_json(value)
    else:
        say(text)
