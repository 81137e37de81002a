"""Fields that a server filled in and that mean nothing on a member.

A table by kind name; the API group is not asked (Karmada: interpreter/default/native/prune,
karmada-semantics §2.11). Every function returns a body that shares what it leaves alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from reconciler.render.surgery import at, without

Body = dict[str, Any]

_SERVER_METADATA: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
)
_SERVICE_ACCOUNT_TOKEN: Final = "kubernetes.io/service-account-token"  # noqa: S105 - a type's name
_CONTROLLER_UIDS: Final = ("controller-uid", "batch.kubernetes.io/controller-uid")
_JOB_NAMES: Final = ("job-name", "batch.kubernetes.io/job-name")


def pruned(body: Body) -> Body:
    """The body as a member should get it."""
    body = _without_each(body, ("metadata",), _SERVER_METADATA)
    body = without(body, "status")
    prune_kind = _BY_KIND.get(str(body.get("kind")))
    return prune_kind(body) if prune_kind else body


def _without_each(body: Body, path: tuple[str, ...], names: Iterable[str]) -> Body:
    for name in names:
        body = without(body, *path, name)
    return body


def _deployment(body: Body) -> Body:
    return _without_each(
        body,
        ("metadata", "annotations"),
        ("deployment.kubernetes.io/revision", "deployment.kubernetes.io/revision-history"),
    )


def _job(body: Body) -> Body:
    """A time to live would make the member delete what is created again at once."""
    body = without(body, "spec", "ttlSecondsAfterFinished")
    if at(body, "spec", "manualSelector") is True:
        return body
    body = _without_each(body, ("spec", "selector", "matchLabels"), _CONTROLLER_UIDS)
    labels = ("spec", "template", "metadata", "labels")
    return _without_each(body, labels, (*_CONTROLLER_UIDS, *_JOB_NAMES))


def _secret(body: Body) -> Body:
    if body.get("type") != _SERVICE_ACCOUNT_TOKEN:
        return body
    body = without(body, "metadata", "annotations", "kubernetes.io/service-account.uid")
    return body | {"data": None}


def _service_account(body: Body) -> Body:
    """Without generated token secrets; the one right behind a removed one stays, as in Karmada."""
    secrets = body.get("secrets")
    if not isinstance(secrets, list):
        return body
    prefix = f"{at(body, 'metadata', 'name')}-token-"
    kept: list[Any] = []
    is_sheltered = False
    for secret in secrets:
        name = secret.get("name") if isinstance(secret, dict) else None
        is_token = isinstance(name, str) and name.startswith(prefix)
        if is_sheltered or not is_token:
            kept.append(secret)
        is_sheltered = is_token and not is_sheltered
    return body if len(kept) == len(secrets) else body | {"secrets": kept}


def _service(body: Body) -> Body:
    address = at(body, "spec", "clusterIP")
    if not isinstance(address, str) or address == "None":
        return body
    return _without_each(body, ("spec",), ("clusterIP", "clusterIPs"))


def _volume_claim(body: Body) -> Body:
    path = ("metadata", "annotations", "volume.kubernetes.io/selected-node")
    return without(body, *path) if at(body, *path) else body


_BY_KIND: Final[dict[str, Callable[[Body], Body]]] = {
    "Deployment": _deployment,
    "Job": _job,
    "Secret": _secret,
    "ServiceAccount": _service_account,
    "Service": _service,
    "PersistentVolumeClaim": _volume_claim,
}
