"""Who a request comes from and whether it may: bearer tokens and a small RBAC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.adapters.simulation.errors import ApiError, qualified, unauthorized
from reconciler.adapters.simulation.routing import Target
from reconciler.adapters.simulation.store import Store

MASTERS: Final = "system:masters"
AUTHENTICATED: Final = "system:authenticated"
_PUBLIC_PATHS: Final = ("/healthz", "/livez", "/readyz", "/version", "/version/")
_DISCOVERY_PATHS: Final = ("/api", "/apis", "/openapi")
_REVIEW_GROUPS: Final = ("authentication.k8s.io", "authorization.k8s.io")
_RBAC: Final = "rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A name and its groups, as a token says."""

    name: str
    groups: tuple[str, ...] = ()


ADMIN: Final = User(name="admin", groups=(MASTERS, AUTHENTICATED))
VIEWER: Final = User(name="viewer", groups=(AUTHENTICATED,))
ANONYMOUS: Final = User(name="system:anonymous", groups=("system:unauthenticated",))
DEFAULT_TOKENS: Final[Mapping[str, User]] = {"admintoken": ADMIN, "viewtoken": VIEWER}


def authenticate(authorization: str | None, tokens: Mapping[str, User]) -> User:
    """The user of an Authorization header. Raises ApiError 401 for a token nobody has."""
    if not authorization:
        return ANONYMOUS
    scheme, _, token = authorization.partition(" ")
    user = tokens.get(token.strip()) if scheme.lower() == "bearer" else None
    if user is None:
        raise unauthorized()
    return user


def authorize_path(user: User, path: str, verb: str) -> None:
    """A path that names no resource. Raises ApiError 403."""
    if MASTERS in user.groups or path.startswith(_PUBLIC_PATHS):
        return
    if AUTHENTICATED in user.groups and path.startswith(_DISCOVERY_PATHS):
        return
    message = f'forbidden: User "{user.name}" cannot {verb} path "{path}"'
    raise ApiError(403, "Forbidden", message, {})


def authorize(user: User, verb: str, target: Target, store: Store) -> None:
    """A request for a resource. Raises ApiError 403 in the words of RBAC."""
    if MASTERS in user.groups or _asks_about_itself(user, verb, target):
        return
    if _is_allowed(user, verb, target, store):
        return
    raise _forbidden(user, verb, target)


def _asks_about_itself(user: User, verb: str, target: Target) -> bool:
    """What system:basic-user lets everybody with a name do."""
    is_self = target.plural.startswith("selfsubject") and target.group in _REVIEW_GROUPS
    return is_self and verb == "create" and AUTHENTICATED in user.groups


def _forbidden(user: User, verb: str, target: Target) -> ApiError:
    plural = f"{target.plural}/{target.subresource}" if target.subresource else target.plural
    subject = qualified(target.plural, target.group)
    named = f'{subject} "{target.name}"' if target.name else subject
    where = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
    message = (
        f'{named} is forbidden: User "{user.name}" cannot {verb} resource "{plural}" '
        f'in API group "{target.group}" {where}'
    )
    details = {"kind": target.plural}
    if target.name:
        details["name"] = target.name
    if target.group:
        details["group"] = target.group
    return ApiError(403, "Forbidden", message, details)


def _is_allowed(user: User, verb: str, target: Target, store: Store) -> bool:
    return any(_allows(rule, verb, target) for rule in _rules(user, target.namespace, store))


def _rules(user: User, namespace: str, store: Store) -> Iterator[Mapping[str, Any]]:
    """Rules that bindings grant a user, cluster-wide and in one namespace."""
    for _, binding in store.table((_RBAC, "clusterrolebindings")).scan():
        if _names(user, binding.get("subjects") or ()):
            yield from _role_rules(binding["roleRef"], "", store)
    if not namespace:
        return
    for _, binding in store.table((_RBAC, "rolebindings")).scan(namespace):
        if _names(user, binding.get("subjects") or ()):
            yield from _role_rules(binding["roleRef"], namespace, store)


def _names(user: User, subjects: Iterable[Mapping[str, Any]]) -> bool:
    for subject in subjects:
        kind, name = subject.get("kind"), subject.get("name")
        if kind == "User" and name == user.name:
            return True
        if kind == "Group" and name in user.groups:
            return True
        account = f"system:serviceaccount:{subject.get('namespace', '')}:{name}"
        if kind == "ServiceAccount" and account == user.name:
            return True
    return False


def _role_rules(
    reference: Mapping[str, Any], namespace: str, store: Store
) -> Iterable[Mapping[str, Any]]:
    if reference.get("kind") == "ClusterRole":
        role = store.table((_RBAC, "clusterroles")).objects.get(("", reference["name"]))
    else:
        role = store.table((_RBAC, "roles")).objects.get((namespace, reference["name"]))
    return (role or {}).get("rules") or ()


def _allows(rule: Mapping[str, Any], verb: str, target: Target) -> bool:
    plural = f"{target.plural}/{target.subresource}" if target.subresource else target.plural
    names = rule.get("resourceNames")
    return (
        _covers(rule.get("verbs"), verb)
        and _covers(rule.get("apiGroups"), target.group)
        and _covers(rule.get("resources"), plural)
        and (not names or target.name in names)
    )


def _covers(listed: Iterable[str] | None, wanted: str) -> bool:
    return listed is not None and ("*" in listed or wanted in listed)
