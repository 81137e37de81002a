"""Joining a member: an account for us, its token in the credentials folder, and a first look.

Rules: an administrator's kubeconfig is used once and never stored; what is stored is the token of
an account of our own, readable by its owner only. A member that is in the fleet already under
another name is refused.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from reconciler.adapters.members.api import ApiMember
from reconciler.adapters.members.credentials import Credentials, credentials_of
from reconciler.adapters.members.pacing import Limits
from reconciler.model.cluster import Cluster, ClusterFacts
from reconciler.model.errors import MemberRefused, MemberUnreachable, NoCredentials
from reconciler.model.member import ObjectRef
from reconciler.runtime.hub_cluster import open_with
from reconciler.runtime.results import Clock

NAMESPACE: Final = "fleet-reconciler"
ACCOUNT: Final = "fleet-reconciler"
_TOKEN: Final = "fleet-reconciler-token"  # noqa: S105 - the name of a Secret
_LIMITS: Final = Limits(timeout_seconds=15.0)
_WAIT_SECONDS: Final = 15.0
_POLL_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the member gave us."""

    token: str
    ca_pem: str


async def made_account(name: str, admin: Credentials, role: str, clock: Clock) -> Account:
    """Create or renew our account on the member as its administrator."""
    member = open_with(name, admin, _LIMITS)
    try:
        for manifest in account_manifests(role):
            await member.apply(ObjectRef.of(manifest), orjson.dumps(manifest), force=True)
        token = await _token(member, clock)
    finally:
        await member.close()
    return Account(token=token, ca_pem=admin.ca_pem)


def account_manifests(role: str) -> Iterator[dict[str, Any]]:
    """Namespace, account, its rights and the Secret that its token is put into.

    Without a role of the member's own the account may do everything, as Karmada's may
    (karmada-semantics §2.25).
    """
    bound = role or ACCOUNT
    place = {"name": ACCOUNT, "namespace": NAMESPACE}
    rbac = "rbac.authorization.k8s.io"
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": place}
    if not role:
        rules: list[dict[str, Any]] = [
            {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
            {"nonResourceURLs": ["*"], "verbs": ["get"]},
        ]
        yield {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": ACCOUNT},
            "rules": rules,
        }
    yield {
        "apiVersion": f"{rbac}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": ACCOUNT},
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": bound},
        "subjects": [{"kind": "ServiceAccount", **place}],
    }
    yield {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": _TOKEN,
            "namespace": NAMESPACE,
            "annotations": {"kubernetes.io/service-account.name": ACCOUNT},
        },
        "type": "kubernetes.io/service-account-token",
    }


async def _token(member: ApiMember, clock: Clock) -> str:
    """The token that the member's controller puts into the Secret."""
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": _TOKEN, "namespace": NAMESPACE},
    }
    deadline = clock.monotonic() + _WAIT_SECONDS
    while clock.monotonic() < deadline:
        body = await member.get(ObjectRef.of(manifest)) or {}
        encoded = (body.get("data") or {}).get("token")
        if encoded:
            return base64.b64decode(encoded).decode()
        await clock.sleep(_POLL_SECONDS)
    raise MemberUnreachable(
        f"{member.name} did not make a token for {NAMESPACE}/{ACCOUNT}",
        hint="its token controller does not run; store a token yourself with --token-file",
    )


def store(root: Path, cluster: Cluster, account: Account) -> Path:
    """Write token and caBundle to the credentials folder, for its owner's eyes only."""
    assert cluster.secret_ref is not None, "a joining cluster names its secret"
    folder = root.joinpath(*cluster.secret_ref)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, text in (("token", account.token), ("caBundle", account.ca_pem)):
        if not text:
            continue
        file = folder / name
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_text(text, encoding="utf-8")
    return folder


async def checked(cluster: Cluster, root: Path) -> ClusterFacts:
    """Facts of the member as our account sees it; raises when it cannot be used."""
    member = open_with(cluster.name, credentials_of(cluster, root), _LIMITS)
    try:
        facts = await member.probe()
    finally:
        await member.close()
    ready = facts.condition("Ready")
    if ready is None or ready.status != "True":
        raise MemberUnreachable(
            f"{cluster.name} is not ready: {ready.message if ready else 'it did not say'}"
        )
    return facts


def refuse_twin(name: str, facts: ClusterFacts, known: dict[str, ClusterFacts]) -> None:
    """Raise when the member is in the fleet already under another name."""
    for other, one in known.items():
        if other != name and facts.uid and one.uid == facts.uid:
            raise MemberRefused(
                f"this member is in the fleet already, as {other}",
                hint="one member under two names would be written to twice",
            )


def require_ca(endpoint: str, account: Account, *, is_insecure: bool) -> None:
    """Raise when nothing says whom to trust over https."""
    if endpoint.startswith("https://") and not account.ca_pem and not is_insecure:
        raise NoCredentials(
            "there is no certificate authority to trust",
            hint="name it with --ca-file; system authorities sign few API servers",
        )
