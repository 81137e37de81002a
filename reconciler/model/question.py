"""Question: what a decision needs to know from outside (design §2), and its not being known yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.identity import ObjectKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call of an interpreter webhook, made by the runtime between two rounds of a cycle.

    `digest` identifies the content: equal questions have equal digests, and the answer is filed
    under it. `client` is the webhook's clientConfig, `request` the body of the
    ResourceInterpreterRequest.
    """

    digest: str
    webhook: str
    client: Mapping[str, Any] = field(compare=False)
    request: Mapping[str, Any] = field(compare=False)
    timeout_seconds: int = 10

    @property
    def subject(self) -> str:
        """The object it is about, as identities are written: `apps/Deployment shop/web`."""
        kind = self.request["kind"]
        key = ObjectKey(
            kind["group"], kind["kind"], self.request["namespace"], self.request["name"]
        )
        return str(key)

    def __hash__(self) -> int:
        return hash(self.digest)


class Unanswered(Exception):  # noqa: N818 - a sentence, not a category
    """Raised where a question has no answer yet; whoever catches it freezes or asks."""

    def __init__(self, question: Question) -> None:
        super().__init__(f"webhook {question.webhook} has not answered yet")
        self.question = question
