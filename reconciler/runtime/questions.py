"""Questions of a pass and their answers: interpreter webhooks are asked between rounds of a cycle.

Rules (design §2, Questions): answers are filed by the digest of the question; what stays unanswered
is frozen. A slow or lying webhook costs its own objects: its calls run beside all others, it is
given up for the pass after a few failures in a row or when its patience is used up, and what it did
answer is remembered for the next pass.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from reconciler.model.diagnostic import Diagnostic, Effect, Severity
from reconciler.model.errors import ReconcilerError
from reconciler.model.question import Question

ROUNDS: Final = 4
UNANSWERED: Final = "RC055"


class Asker(Protocol):
    """Whoever can put a question to a webhook."""

    async def ask(self, question: Question) -> Any:
        """The response; ReconcilerError when there is none."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How much a webhook may cost. `kept_seconds`: how long an answer counts."""

    at_once: int = 8
    failures: int = 3
    seconds: float = 60.0
    kept_seconds: float = 300.0


@dataclass(slots=True)
class Questioning:
    """Asks, and remembers answers by digest with the moment they were given."""

    asker: Asker
    now: Callable[[], float]
    patience: Patience = field(default_factory=Patience)
    _answers: dict[str, tuple[float, Any]] = field(default_factory=dict)
    _silent: dict[str, str] = field(default_factory=dict)
    _failed: set[str] = field(default_factory=set)

    def begin(self) -> dict[str, Any]:
        """A new pass: every webhook is asked again; what is still known of the last ones."""
        self._silent.clear()
        self._failed.clear()
        oldest = self.now() - self.patience.kept_seconds
        self._answers = {
            digest: known for digest, known in self._answers.items() if known[0] >= oldest
        }
        return self.answers()

    def answers(self) -> dict[str, Any]:
        """Responses by digest."""
        return {digest: response for digest, (_, response) in self._answers.items()}

    async def ask(self, questions: Iterable[Question]) -> bool:
        """Ask what is not known yet; whether anything was learnt."""
        before = len(self._answers)
        by_webhook: dict[str, list[Question]] = {}
        for question in dict.fromkeys(questions):
            if question.digest not in self._answers and question.digest not in self._failed:
                by_webhook.setdefault(question.webhook, []).append(question)
        await asyncio.gather(*(self._webhook(name, each) for name, each in by_webhook.items()))
        return len(self._answers) > before

    async def close(self) -> None:
        """Give the connections back."""
        await self.asker.close()

    def diagnostics(self, questions: Iterable[Question]) -> list[Diagnostic]:
        """Every webhook that owes an answer, why, and how many objects wait for it."""
        waiting = Counter(
            webhook for webhook, _ in {(one.webhook, one.subject) for one in questions}
        )
        return [
            _unanswered(name, self._silent.get(name), waiting[name]) for name in sorted(waiting)
        ]

    async def _webhook(self, name: str, questions: list[Question]) -> None:
        """All questions to one webhook, while it deserves it."""
        places = asyncio.Semaphore(self.patience.at_once)
        in_a_row = 0

        async def one(question: Question) -> None:
            nonlocal in_a_row
            async with places:
                if in_a_row >= self.patience.failures:
                    return
                try:
                    response = await self.asker.ask(question)
                except ReconcilerError as error:
                    in_a_row += 1
                    self._failed.add(question.digest)
                    self._silent[name] = str(error)
                else:
                    in_a_row = 0
                    self._answers[question.digest] = (self.now(), response)

        try:
            async with asyncio.timeout(self.patience.seconds):
                await asyncio.gather(*(one(question) for question in questions))
        except TimeoutError:
            self._failed |= {one.digest for one in questions} - self._answers.keys()
            self._silent[name] = f"it needs more than {self.patience.seconds:.0f} s for its answers"
        if in_a_row >= self.patience.failures:
            self._failed |= {one.digest for one in questions} - self._answers.keys()


def _unanswered(webhook: str, reason: str | None, objects: int) -> Diagnostic:
    noun = "object waits" if objects == 1 else "objects wait"
    return Diagnostic(
        code=UNANSWERED,
        message=f"webhook {webhook}: {reason or 'it was not asked'}; {objects} {noun} for it",
        severity=Severity.WARNING,
        effect=Effect.FREEZE_DOCUMENT,
        hint="bring the webhook back, or correct its ResourceInterpreterWebhookConfiguration",
        subject=webhook,
    )
