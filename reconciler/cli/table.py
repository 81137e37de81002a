"""COMMANDS: every verb, its module and its one-line help, so that --help imports none of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """One command: the module that defines `command`, the help line, and the section it is listed
    under.
    """

    module: str
    help: str
    section: str


_REVIEW, _ACT, _LOOK = "Review a change", "Act on members", "Look at the fleet"

COMMANDS: dict[str, Verb] = {
    "validate": Verb(
        "reconciler.cli.validate", "Say everything that is wrong with a commit.", _REVIEW
    ),
    "plan": Verb(
        "reconciler.cli.plan", "Show what a commit would do on every cluster, offline.", _REVIEW
    ),
    "render": Verb(
        "reconciler.cli.render", "Write every cluster's manifests to a folder.", _REVIEW
    ),
    "diff": Verb("reconciler.cli.diff", "Show two versions of a file by field.", _REVIEW),
    "comment": Verb("reconciler.cli.comment", "Keep one comment on a pull request.", _REVIEW),
    "apply": Verb("reconciler.cli.apply", "Reconcile all members once.", _ACT),
    "run": Verb("reconciler.cli.run", "Reconcile on every commit, until stopped.", _ACT),
    "approve": Verb("reconciler.cli.approve", "Permit deletions that the budget holds.", _ACT),
    "recover": Verb(
        "reconciler.cli.recover", "Rebuild a lost state branch from what members hold.", _ACT
    ),
    "simulate": Verb(
        "reconciler.cli.simulate", "Run member clusters in this process, on loopback.", _ACT
    ),
    "cluster": Verb(
        "reconciler.cli.cluster", "Join, list, taint, label and unjoin members of the fleet.", _ACT
    ),
    "demo": Verb("reconciler.cli.demo", "Tell the whole story on simulated members.", _ACT),
    "bench": Verb("reconciler.cli.bench", "Measure this build on this machine.", _LOOK),
    "status": Verb(
        "reconciler.cli.status", "Is everything applied, and if not, what and where.", _LOOK
    ),
    "wait": Verb(
        "reconciler.cli.wait", "Block until an object is applied or healthy everywhere.", _LOOK
    ),
    "interpret": Verb(
        "reconciler.cli.interpret", "Ask what a kind means, offline; check customizations.", _LOOK
    ),
    "explain": Verb("reconciler.cli.explain", "Why an object is where it is, as it is.", _LOOK),
    "why-not": Verb("reconciler.cli.why_not", "Why an object is not on a cluster.", _LOOK),
    "impact": Verb("reconciler.cli.impact", "Everything that a policy or file touches.", _LOOK),
    "history": Verb("reconciler.cli.history", "Who changed what, and where it went.", _LOOK),
    "at": Verb("reconciler.cli.at", "The fleet as it was at a commit or time.", _LOOK),
    "blame": Verb("reconciler.cli.blame", "The commit behind every placement.", _LOOK),
    "rollback": Verb("reconciler.cli.rollback", "Take a commit back, for review.", _ACT),
}
