"""`reconciler cluster`: members of the fleet, from joining to leaving, as edits of its repo."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.cli.console import EXIT_BLOCKED, say, show_json, table
from reconciler.cli.options import branch_option, output_option, repo_option
from reconciler.model.text import count_of, printable

if TYPE_CHECKING:
    from reconciler.model.cluster import Cluster
    from reconciler.runtime.cluster_edits import ClusterEdits, Edited
    from reconciler.runtime.joining import Account

_F = TypeVar("_F", bound=Callable[..., Any])
_CORDON = "unschedulable:NoSchedule"
_MOST_SHOWN = 5
_EFFECTS = ("NoSchedule", "NoExecute")
_EPILOG = """\b
Examples:
  reconciler cluster join eu-1 --kubeconfig admin.conf --credentials ./credentials
  reconciler cluster list
  reconciler cluster taint eu-1 maintenance=soon:NoSchedule
  reconciler cluster label eu-1 tier=edge old-label-
  reconciler cluster cordon eu-1 --write patch | git apply
  reconciler cluster unjoin eu-1 --delete
  reconciler cluster forget eu-1
"""


@click.group("cluster", epilog=_EPILOG)
def command() -> None:
    """Members of the fleet: join, unjoin, forget, list, cordon, uncordon, taint, label.

    Every change is an edit of a Cluster document: in the work tree, as a commit, or as a patch.
    """


def _write_options(command: _F) -> _F:
    for option in (
        click.option(
            "--write",
            "way",
            type=click.Choice(["file", "commit", "patch"]),
            default="file",
            show_default=True,
            help="Change the work tree, push a commit, or print a patch for review.",
        ),
        click.option("--to-branch", default="", help="Branch of the commit; default: the source."),
        branch_option,
        repo_option,
    ):
        command = option(command)
    return command


@command.command("join")
@click.argument("name")
@click.option("--endpoint", default="", help="Address of its API server; default: kubeconfig's.")
@click.option(
    "--kubeconfig",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Of an administrator: makes an account for us there; it is not stored.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Token of an account that exists already.",
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Authority that signed its certificate; default: kubeconfig's.",
)
@click.option(
    "--credentials",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    envvar="RECONCILER_CREDENTIALS",
    help="Folder of the members' secrets.",
)
@click.option("--role", default="", help="ClusterRole of the account; default: one for everything.")
@click.option("--secret-namespace", default="fleet", show_default=True, help="Of its secretRef.")
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="Label; repeatable.")
@click.option("--provider", default="", help="Who runs it.")
@click.option("--region", default="", help="Where it is.")
@click.option("--zone", "zones", multiple=True, help="Where in the region; repeatable.")
@click.option("--insecure-skip-tls-verification", "is_insecure", is_flag=True, help="Do not.")
@_write_options
def join(
    name: str,
    kubeconfig: Path | None,
    token_file: Path | None,
    ca_file: Path | None,
    credentials: Path,
    role: str,
    way: str,
    to_branch: str,
    branch: str,
    repo: str,
    **spec: Any,
) -> int:
    """Join a member: make an account there, store its token, check it, write its Cluster."""
    from reconciler.runtime.cluster_edits import cluster_document
    from reconciler.runtime.gathering import Gathering
    from reconciler.runtime.joining import checked, refuse_twin, require_ca, store

    edits, repository = _edits(repo, branch)
    admin_endpoint, account = _account(name, kubeconfig, token_file, ca_file, role)
    cluster = _cluster(name, admin_endpoint, spec)
    document = cluster_document(cluster)
    edited = edits.add(document, f"clusters/{name}.yaml")
    if account is not None:
        require_ca(cluster.api_endpoint, account, is_insecure=spec["is_insecure"])
        click.echo(f"credentials are in {store(credentials, cluster, account)}", err=True)
    facts = asyncio.run(checked(cluster, credentials))
    refuse_twin(name, facts, Gathering(repository).inventory())
    said = f"{name} runs {facts.kubernetes_version} with {count_of(facts.nodes_total, 'node')}"
    click.echo(said, err=True)
    return _done(edits, edited, way, to_branch)


@command.command("unjoin")
@click.argument("name")
@click.option(
    "--keep", "fate", flag_value="keep", help="Its objects stay there; the default in a script."
)
@click.option(
    "--delete", "fate", flag_value="delete", help="Its objects go first, within the budget."
)
@_write_options
def unjoin(name: str, fate: str | None, way: str, to_branch: str, branch: str, repo: str) -> int:
    """Take a member out of the fleet; replicas go elsewhere. On a terminal it asks what becomes of
    the objects there.

    With --keep they stay, with our labels and annotations, and are listed until `cluster forget`.
    With --delete it takes two steps: the first marks the Cluster, and the hub moves and deletes
    what is there as any deletion, held where it is over the budget; the second, the same command
    once that is done, removes the Cluster. Until then it exits 3.
    """
    edits, _ = _edits(repo, branch)
    left, is_draining = edits.left(name), edits.is_draining(name)
    fate = fate or ("delete" if is_draining else _asked_fate(name, len(left)))
    if fate == "keep" or (is_draining and not left):
        return _done(edits, edits.remove(name), way, to_branch)
    if not is_draining:
        done = _done(edits, edits.drain(name), way, to_branch)
        click.echo(f"unjoin {name} again when the objects are gone", err=True)
        return done
    shown = ", ".join(str(one) for one in left[:_MOST_SHOWN])
    more = f" and {len(left) - _MOST_SHOWN} more" if len(left) > _MOST_SHOWN else ""
    verb = "is" if len(left) == 1 else "are"
    click.echo(
        f"{count_of(len(left), 'object')} {verb} still there: {printable(shown)}{more}", err=True
    )
    click.echo("  next: see `reconciler approve` for deletions that wait for you", err=True)
    return EXIT_BLOCKED


def _asked_fate(name: str, count: int) -> str:
    """What a person says at a terminal; without one the objects stay."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "keep"
    return str(
        click.prompt(
            f"What becomes of the {count_of(count, 'object')} on {name}?",
            type=click.Choice(["keep", "delete"]),
            default="keep",
            err=True,
        )
    )


@command.command("forget")
@click.argument("name")
@branch_option
@repo_option
def forget(name: str, branch: str, repo: str) -> int:
    """Say that what an unjoined member holds may stay: an empty commit on the source branch under
    your own identity. It is not listed any more, and nothing is deleted.
    """
    from reconciler.runtime.forgetting import forget as forget_cluster
    from reconciler.runtime.repository import FleetRepository

    commit = forget_cluster(FleetRepository.open_or_mirror(repo, branch), name)
    say(f"{name} is forgotten with commit {commit[:12]}")
    return 0


@command.command("list")
@output_option
@branch_option
@repo_option
def list_clusters(output: str, branch: str, repo: str) -> int:
    """Every member of the newest commit, with what it last reported."""
    from reconciler.runtime.gathering import Gathering

    edits, repository = _edits(repo, branch)
    gathering = Gathering(repository)
    inventory, summary = gathering.inventory(), gathering.summary() or {}
    frozen = {
        one["name"]: one.get("frozen", "")
        for one in summary.get("clusters", {}).get("incomplete", ())
    }
    rows = []
    for cluster in edits.fleet().clusters:
        facts = inventory.get(cluster.name)
        ready = facts.condition("Ready") if facts is not None else None
        rows.append(
            {
                "name": cluster.name,
                "mode": cluster.sync_mode,
                "ready": ready.status if ready is not None else "Unknown",
                "version": facts.kubernetes_version if facts is not None else "",
                "nodes": f"{facts.nodes_ready}/{facts.nodes_total}" if facts is not None else "",
                "taints": [_taint_text(one.key, one.value, one.effect) for one in cluster.taints],
                "frozen": frozen.get(cluster.name, ""),
            }
        )
    if output == "json":
        show_json(rows)
        return 0
    headers = ("name", "mode", "ready", "version", "nodes", "taints", "frozen")
    table([one.upper() for one in headers], [[_cell(row[one]) for one in headers] for row in rows])
    return 0


@command.command("cordon")
@click.argument("name")
@_write_options
def cordon(name: str, way: str, to_branch: str, branch: str, repo: str) -> int:
    """Let nothing new be scheduled there."""
    return _tainted(name, (_CORDON,), f"Cordon cluster {name}", way, to_branch, branch, repo)


@command.command("uncordon")
@click.argument("name")
@_write_options
def uncordon(name: str, way: str, to_branch: str, branch: str, repo: str) -> int:
    """Let new objects be scheduled there again."""
    taints = (f"{_CORDON}-",)
    return _tainted(name, taints, f"Uncordon cluster {name}", way, to_branch, branch, repo)


@command.command("taint")
@click.argument("name")
@click.argument("taints", nargs=-1, required=True, metavar="KEY[=VALUE]:EFFECT|KEY[:EFFECT]-")
@_write_options
def taint(
    name: str, taints: tuple[str, ...], way: str, to_branch: str, branch: str, repo: str
) -> int:
    """Set taints, or take them off with a trailing minus."""
    subject = f"Taint cluster {name}: {' '.join(taints)}"
    return _tainted(name, taints, subject, way, to_branch, branch, repo)


@command.command("label")
@click.argument("name")
@click.argument("labels", nargs=-1, required=True, metavar="KEY=VALUE|KEY-")
@_write_options
def label(
    name: str, labels: tuple[str, ...], way: str, to_branch: str, branch: str, repo: str
) -> int:
    """Set labels, or take them off with a trailing minus."""
    from reconciler.runtime.cluster_edits import labelled

    removed = frozenset(one[:-1] for one in labels if one.endswith("-") and "=" not in one)
    added = _pairs(one for one in labels if not (one.endswith("-") and "=" not in one))
    edits, _ = _edits(repo, branch)
    subject = f"Label cluster {name}: {' '.join(labels)}"
    edited = edits.change(name, subject, lambda document: labelled(document, added, removed))
    return _done(edits, edited, way, to_branch)


def _edits(repo: str, branch: str) -> tuple[ClusterEdits, Any]:
    from reconciler.runtime.cluster_edits import ClusterEdits
    from reconciler.runtime.repository import FleetRepository

    repository = FleetRepository.open_or_mirror(repo, branch)
    return ClusterEdits(repository), repository


def _account(
    name: str,
    kubeconfig: Path | None,
    token_file: Path | None,
    ca_file: Path | None,
    role: str,
) -> tuple[str, Account | None]:
    """The administrator's endpoint, and the account; None: credentials are in place already."""
    from reconciler.adapters.clock import SystemClock
    from reconciler.runtime.hub_cluster import kubeconfig_credentials
    from reconciler.runtime.joining import Account, made_account

    ca = ca_file.read_text(encoding="utf-8") if ca_file else ""
    if token_file is not None:
        token = token_file.read_text(encoding="utf-8").strip()
        return "", Account(token=token, ca_pem=ca)
    if kubeconfig is None:
        return "", None
    admin = kubeconfig_credentials(kubeconfig)
    made = asyncio.run(made_account(name, admin, role, SystemClock()))
    return admin.server, Account(token=made.token, ca_pem=ca or made.ca_pem)


def _cluster(name: str, admin_endpoint: str, spec: dict[str, Any]) -> Cluster:
    from reconciler.model.cluster import Cluster
    from reconciler.model.errors import SettingsInvalid

    endpoint = spec["endpoint"] or admin_endpoint
    if not endpoint:
        raise SettingsInvalid(
            "the address of the API server is not known", hint="give --endpoint or --kubeconfig"
        )
    return Cluster(
        name=name,
        labels=_pairs(spec["labels"]),
        api_endpoint=endpoint,
        secret_ref=(spec["secret_namespace"], name),
        insecure_skip_tls_verification=spec["is_insecure"],
        provider=spec["provider"],
        region=spec["region"],
        zones=spec["zones"],
    )


def _pairs(texts: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise click.UsageError(f"{text!r} is not KEY=VALUE")
        pairs[key] = value
    return pairs


def _tainted(
    name: str,
    texts: tuple[str, ...],
    subject: str,
    way: str,
    to_branch: str,
    branch: str,
    repo: str,
) -> int:
    from reconciler.runtime.cluster_edits import tainted

    removed = frozenset(_removed(one) for one in texts if one.endswith("-"))
    added = tuple(_added(one) for one in texts if not one.endswith("-"))
    edits, _ = _edits(repo, branch)
    edited = edits.change(name, subject, lambda document: tainted(document, added, removed))
    return _done(edits, edited, way, to_branch)


def _added(text: str) -> dict[str, Any]:
    place, colon, effect = text.rpartition(":")
    key, _, value = place.partition("=")
    if not colon or not key or effect not in _EFFECTS:
        raise click.UsageError(f"{text!r} is not KEY[=VALUE]:EFFECT, one of {', '.join(_EFFECTS)}")
    return {"key": key, **({"value": value} if value else {}), "effect": effect}


def _removed(text: str) -> tuple[str, str]:
    place, _, effect = text[:-1].partition(":")
    return place.partition("=")[0], effect


def _taint_text(key: str, value: str, effect: str) -> str:
    return f"{key}={value}:{effect}" if value else f"{key}:{effect}"


def _cell(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def _done(edits: ClusterEdits, edited: Edited, way: str, to_branch: str) -> int:
    from reconciler.runtime.cluster_edits import Way

    if edited.before == edited.after:
        say("nothing to change")
        return 0
    if way == Way.PATCH:
        click.echo(edited.patch, nl=False)
        return 0
    place = edits.write(edited, Way(way), to_branch)
    verb = "commit it" if way == Way.FILE else "pushed"
    say(f"{edited.subject}: {place} ({verb})")
    return 0
