"""Failures as the API server words them: an exception that carries a `Status` object.

Sources: k8s.io/apimachinery `api/errors`, and conformance/members-*.jsonl for the answers of real
servers. Message texts are information; code, `reason`, `details` and causes are what clients read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One field of an invalid object, or one owner of a conflicting field."""

    reason: str
    message: str
    field: str

    def as_dict(self) -> dict[str, str]:
        return {"reason": self.reason, "message": self.message, "field": self.field}


class ApiError(Exception):
    """Ends a request with this HTTP code and Status body."""

    def __init__(
        self,
        code: int,
        reason: str | None,
        message: str,
        details: Mapping[str, Any] | None = None,
        *,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.retry_after = retry_after

    def status(self) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason is not None:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body


class PathNotFound(Exception):  # noqa: N818 — it is an answer, not a fault of ours
    """The plain-text 404 for a path that no API group owns."""


def qualified(plural: str, group: str) -> str:
    """`deployments.apps`, or `pods` for the core group."""
    return f"{plural}.{group}" if group else plural


def _details(name: str, kind: str, group: str) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if name:
        details["name"] = name
    if group:
        details["group"] = group
    details["kind"] = kind
    return details


def not_found(plural: str, group: str, name: str) -> ApiError:
    return ApiError(
        404,
        "NotFound",
        f'{qualified(plural, group)} "{name}" not found',
        _details(name, plural, group),
    )


def no_such_resource() -> ApiError:
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(plural: str, group: str, name: str) -> ApiError:
    return ApiError(
        409,
        "AlreadyExists",
        f'{qualified(plural, group)} "{name}" already exists',
        _details(name, plural, group),
    )


def conflict(plural: str, group: str, name: str, message: str) -> ApiError:
    return ApiError(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": {message}',
        _details(name, plural, group),
    )


STALE = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


def invalid(kind: str, group: str, name: str, causes: Iterable[Cause]) -> ApiError:
    listed = list(causes)
    texts = [
        f"{cause.field}: {cause.message}" if cause.field else cause.message for cause in listed
    ]
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    details = _details(name, kind, group)
    details["causes"] = [cause.as_dict() for cause in listed]
    full = f"{kind}.{group}" if group else kind
    return ApiError(422, "Invalid", f'{full} "{name}" is invalid: {text}', details)


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def forbidden(plural: str, group: str, name: str, message: str) -> ApiError:
    subject = qualified(plural, group)
    text = f'{subject} "{name}" is forbidden' if name else f"{subject} is forbidden"
    return ApiError(403, "Forbidden", f"{text}: {message}", _details(name, plural, group))


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized", "Unauthorized")


def method_not_allowed() -> ApiError:
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def unsupported_media_type(accepted: Iterable[str]) -> ApiError:
    message = (
        "the body of the request was in an unknown format - accepted media types include: "
        + ", ".join(accepted)
    )
    return ApiError(415, "UnsupportedMediaType", message)


def too_large(message: str) -> ApiError:
    return ApiError(413, "RequestEntityTooLarge", message)


def expired(message: str) -> ApiError:
    return ApiError(410, "Expired", message)


def gone(message: str) -> ApiError:
    return ApiError(410, "Gone", message)


def internal(message: str) -> ApiError:
    """A failure without a reason, as the apply machinery reports some."""
    return ApiError(500, None, message)


def not_implemented(what: str) -> ApiError:
    """What the simulation does not do, said openly instead of answered wrongly."""
    return ApiError(501, "NotImplemented", f"the simulation does not support {what}", {})
