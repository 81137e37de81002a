"""Questions posed as creates: who am I, and may I? Nothing of them is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from reconciler.adapters.simulation.access import User, authorize
from reconciler.adapters.simulation.errors import ApiError, bad_request
from reconciler.adapters.simulation.routing import Target
from reconciler.adapters.simulation.store import Store

Manifest = dict[str, Any]


def _who(user: User, body: Manifest, store: Store) -> Manifest:
    del body, store
    return {"userInfo": {"username": user.name, "groups": list(user.groups)}}


def _may_i(user: User, body: Manifest, store: Store) -> Manifest:
    return _verdict(user, body.get("spec") or {}, store)


def _may_they(user: User, body: Manifest, store: Store) -> Manifest:
    del user
    spec = body.get("spec") or {}
    subject = User(name=spec.get("user", ""), groups=tuple(spec.get("groups") or ()))
    return _verdict(subject, spec, store)


def _verdict(user: User, spec: Mapping[str, Any], store: Store) -> Manifest:
    asked = spec.get("resourceAttributes")
    if asked is None:
        return {"allowed": "system:masters" in user.groups}
    target = Target(
        group=asked.get("group", ""),
        version=asked.get("version", ""),
        namespace=asked.get("namespace", ""),
        plural=asked.get("resource", ""),
        name=asked.get("name", ""),
        subresource=asked.get("subresource", ""),
    )
    try:
        authorize(user, asked.get("verb", ""), target, store)
    except ApiError:
        return {"allowed": False}
    return {"allowed": True, "reason": "granted by the simulation's roles"}


Review = Callable[[User, Manifest, Store], Manifest]
REVIEWS: Final[Mapping[str, Review]] = {
    "selfsubjectreviews": _who,
    "selfsubjectaccessreviews": _may_i,
    "subjectaccessreviews": _may_they,
    "localsubjectaccessreviews": _may_they,
}


def review(plural: str, user: User, body: Any, store: Store) -> Manifest:
    """The body with its answer as status."""
    if not isinstance(body, dict):
        raise bad_request("the object provided is unrecognized: not a JSON object")
    return {**body, "status": REVIEWS[plural](user, body, store)}
