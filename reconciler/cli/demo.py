"""`reconciler demo`: the whole story on simulated members, told step by step with real output."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.console import EXIT_ERROR, has_colour, say, width

if TYPE_CHECKING:
    from reconciler.runtime.demo import Stage
    from reconciler.runtime.hub import PassResult
    from reconciler.runtime.offline import OfflinePlan

_EPILOG = """\b
Examples:
  reconciler demo                    about ten seconds, leaves nothing behind
  reconciler demo --keep ./demo      keeps the fleet repo with all its branches to look at
"""
_SHOWN_LINES = 40


@click.command("demo", epilog=_EPILOG)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the fleet repo in this new folder.",
)
def command(keep: Path | None) -> int:
    """Tell the whole story on simulated members: commit, plan, apply, hold, approve."""
    from reconciler.model.errors import SettingsInvalid
    from reconciler.runtime.demo import stage

    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise SettingsInvalid(f"{keep} is not empty", hint="name a folder that is, or a new one")
    folder = nullcontext(str(keep)) if keep else tempfile.TemporaryDirectory(prefix="fleet-demo-")
    with folder as place, stage(Path(place)) as scene:
        verdict = _story(scene)
    if keep:
        say(f"\nThe fleet repo is in {keep / 'fleet'}: git -C {keep / 'fleet'} log --all --oneline")
    return verdict


def _story(scene: Stage) -> int:
    _chapter(1, "A commit: a shop of six services, its policies, three clusters")
    say(f"  {scene.commit('Open the shop')} Open the shop")
    _chapter(2, "The plan, offline: what the commit would do on every cluster")
    _show_plan(scene.plan())
    _chapter(3, "Apply: decisions are pushed, then members are written")
    _show_pass(scene.apply())
    again = scene.apply()
    _show_pass(again, "Once more")
    _chapter(4, "What Git knows now: placement and status as commits")
    _show_log(scene, "reconciler/state", 6)
    _show_log(scene, "reconciler/status", 3)
    _chapter(5, "An edit: America gets as many replicas as Europe")
    scene.edit("policies/weighted.yaml", "weight: 2", "weight: 1")
    say(f"  {scene.commit('Weigh the regions equally')} Weigh the regions equally")
    _show_plan(scene.plan())
    _show_pass(scene.apply())
    _show_log(scene, "reconciler/state", 2)
    _chapter(6, "A deletion: search leaves the repository, over the budget of the fleet")
    scene.remove("shop/search")
    say(f"  {scene.commit('Close the search')} Close the search")
    held = scene.apply()
    _show_pass(held)
    return _approval(scene, held)


def _approval(scene: Stage, held: PassResult) -> int:
    hold = held.outcome.plan.hold
    if hold is None:
        say("the deletion was not held", fg="red")
        return EXIT_ERROR
    say(f"  {len(hold.deletes)} objects stay on their clusters until somebody approves.")
    _chapter(7, "An approval: a commit of a person's, and the deletion goes on")
    say(f"  reconciler approve {hold.digest[:12]}")
    say(f"  {scene.approve(hold.digest)[:7]} Approve {len(hold.deletes)} deletions")
    done = scene.apply()
    _show_pass(done)
    _show_log(scene, "reconciler/state", 2)
    is_done = not done.outcome.plan.is_blocked and not done.has_failures
    say("\nDone." if is_done else "\nSomething went wrong.", bold=True)
    return 0 if is_done else EXIT_ERROR


def _chapter(number: int, title: str) -> None:
    say()
    say(f"{number}. {title}", bold=True, fg="cyan")


def _show_plan(planned: OfflinePlan) -> None:
    from reconciler.plan.formats import FORMATS, Context

    context = Context(
        base=planned.base_name,
        head=planned.head_name,
        clusters=planned.cluster_count,
        objects=planned.object_count,
        width=width(),
        has_colour=has_colour(),
    )
    lines = FORMATS["text"](planned.head.plan, context).splitlines()
    shown = lines if len(lines) <= _SHOWN_LINES else [*lines[: _SHOWN_LINES - 2], "…", lines[-1]]
    for line in shown:
        click.echo(f"  {line}")


def _show_pass(done: PassResult, title: str = "Pass") -> None:
    from reconciler.runtime.executor import Result

    plan = done.outcome.plan
    counts = ", ".join(
        f"{number} {word}"
        for word, number in ((kind, done.execution.count(kind)) for kind in Result)
        if number
    )
    say(f"  {title}: {counts or 'nothing to do, nothing written'}; {plan.unchanged} unchanged.")
    if plan.hold is not None:
        for reason in plan.hold.reasons:
            say(f"  held: {reason}", fg="yellow")
    for one in done.execution.results:
        if one.result in {Result.FAILED, Result.CONFLICT}:
            say(f"  {one.change.cluster} {one.change.key}: {one.message}", fg="red")


def _show_log(scene: Stage, branch: str, count: int) -> None:
    say(f"  git log {branch}")
    for line in scene.log(branch, count):
        say(f"    {line}")
