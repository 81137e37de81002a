"""What can be broken around us: one small family of exceptions.

Bad input is never an exception but a `Diagnostic`; these say that the surroundings failed, and
every one carries a `hint`: the next step of the person who reads it. The names say what happened.
"""

# ruff: noqa: N818 - the names are sentences, not categories ending in Error

from __future__ import annotations

from collections.abc import Mapping


class ReconcilerError(Exception):
    """A failure of the surroundings; `str()` is one sentence, `hint` says what to do about it."""

    default_hint = "look at the cause named above and try again"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint if hint is not None else self.default_hint


class SourceUnavailable(ReconcilerError):
    """The repository cannot be reached or read; nothing may be concluded about its content."""

    default_hint = "check the repository's address, the network and the server; nothing was changed"


class EmptyRepository(SourceUnavailable):
    """The repository has no commit at all."""

    default_hint = "push a first commit to the source branch"


class MissingBranch(SourceUnavailable):
    """The branch or revision does not exist."""

    default_hint = "check the name of the branch, or push it"


class RewrittenHistory(SourceUnavailable):
    """The last applied commit is no ancestor of the new one."""

    default_hint = "restore the branch, or set allowRewrite once to accept the new history"


class BlobTooLarge(SourceUnavailable):
    """A file is larger than what may be loaded."""

    default_hint = "split the file, or exclude it in reconciler.yaml"


class PushRejected(ReconcilerError):
    """The server refused a ref: a hook, a protected branch, a permission, a limit.

    `landed` names the refs of the same push that were moved all the same.
    """

    default_hint = "allow this identity to push to the reconciler/* branches"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        landed: Mapping[str, str | None] | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.landed: Mapping[str, str | None] = dict(landed or {})


class PushRaced(PushRejected):
    """Another writer moved the ref first; nothing of theirs was overwritten."""

    default_hint = "fetch, write the change on the new tip and push again"


class MemberUnreachable(ReconcilerError):
    """A member's API server did not answer in time, or not at all."""

    default_hint = "check the member's address and health; its objects are left as they are"


class MemberRefused(ReconcilerError):
    """A member's API server answered no: the HTTP `status` and Kubernetes' `reason` for it."""

    default_hint = "read the server's answer; check the reconciler's permissions on that member"

    def __init__(
        self, message: str, *, hint: str | None = None, status: int = 0, reason: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.reason = reason


class NoCredentials(ReconcilerError):
    """There are no credentials, or they were not accepted."""

    default_hint = "put valid credentials where the settings point to"


class WebhookSilent(ReconcilerError):
    """An interpreter webhook gave no answer that counts."""

    default_hint = "check the webhook and its clientConfig; its objects are left as they are"


class StalePlan(ReconcilerError):
    """The plan's digest is not that of what would be done now."""

    default_hint = "make a new plan and review it"


class LockHeld(ReconcilerError):
    """Somebody else holds the lock."""

    default_hint = "wait for the holder, or stop it"


class SettingsInvalid(ReconcilerError):
    """A setting cannot be used as it is written."""

    default_hint = "correct the setting"


class StateDamaged(ReconcilerError):
    """A file of the state branch cannot be read, so nothing may be concluded from the branch."""

    default_hint = "restore the branch, or rebuild it with `reconciler recover`"


class HostUnavailable(ReconcilerError):
    """A Git host's API or a receiver of notifications did not take what was sent."""

    default_hint = "check its address and the permissions of the token; nothing else is held up"
