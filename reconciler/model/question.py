"""Question: what a decision needs to know from outside (design §2), and its not being known yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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

    def __hash__(self) -> int:
        return hash(self.digest)


class Unanswered(Exception):  # noqa: N818 - a sentence, not a category
    """Raised where a question has no answer yet; whoever catches it freezes or asks."""

    def __init__(self, question: Question) -> None:
        super().__init__(f"webhook {question.webhook} has not been asked yet")
        self.question = question
