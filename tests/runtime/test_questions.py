"""Questions of a pass: asked once, remembered for a while, and never at the others' cost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.errors import WebhookSilent
from reconciler.model.question import Question
from reconciler.runtime.questions import Patience, Questioning


def a_question(webhook: str, number: int) -> Question:
    kind = {"group": "example.io", "version": "v1", "kind": "Widget"}
    return Question(
        digest=f"{webhook}-{number}",
        webhook=webhook,
        client={},
        request={"kind": kind, "name": f"w-{number}", "namespace": "shop", "operation": "Retain"},
    )


@dataclass
class Script:
    """Webhooks by name: what they do. Everything asked is noted."""

    asked: list[str] = field(default_factory=list)
    closed: bool = False

    async def ask(self, question: Question) -> Any:
        self.asked.append(question.digest)
        if question.webhook == "silent":
            raise WebhookSilent("no answer")
        if question.webhook == "slow":
            await asyncio.sleep(60)
        return {"for": question.digest}

    async def close(self) -> None:
        self.closed = True


class Hand:
    """A clock that is moved by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def some(webhook: str, count: int) -> list[Question]:
    return [a_question(webhook, number) for number in range(count)]


async def test_what_is_known_is_not_asked_again() -> None:
    script, questions = Script(), some("good", 3)
    questioning = Questioning(script, Hand())
    assert await questioning.ask([*questions, *questions])
    assert not await questioning.ask(questions)
    assert sorted(script.asked) == ["good-0", "good-1", "good-2"]
    assert questioning.answers()["good-1"] == {"for": "good-1"}
    await questioning.close()
    assert script.closed


async def test_answers_are_remembered_over_passes_for_a_while() -> None:
    clock = Hand()
    questioning = Questioning(Script(), clock, Patience(kept_seconds=300))
    await questioning.ask(some("good", 1))
    clock.seconds = 299
    assert set(questioning.begin()) == {"good-0"}
    clock.seconds = 301
    assert questioning.begin() == {}


async def test_a_silent_webhook_is_given_up_and_others_are_answered() -> None:
    script = Script()
    questioning = Questioning(script, Hand(), Patience(at_once=1, failures=3))
    assert await questioning.ask([*some("silent", 50), *some("good", 50)])
    assert sum(one.startswith("silent") for one in script.asked) == 3
    assert len(questioning.answers()) == 50
    assert not await questioning.ask(some("silent", 50))
    (diagnostic,) = questioning.diagnostics(some("silent", 50))
    assert diagnostic.message == "webhook silent: no answer; 50 objects wait for it"
    assert diagnostic.code == "RC055"


async def test_a_new_pass_asks_the_silent_one_again() -> None:
    script = Script()
    questioning = Questioning(script, Hand())
    await questioning.ask(some("silent", 1))
    await questioning.ask(some("silent", 1))
    assert script.asked == ["silent-0"]
    questioning.begin()
    await questioning.ask(some("silent", 1))
    assert script.asked == ["silent-0", "silent-0"]


async def test_a_slow_webhook_costs_its_patience_and_no_more() -> None:
    questioning = Questioning(Script(), Hand(), Patience(seconds=0.05))
    assert await questioning.ask([*some("slow", 20), *some("good", 2)])
    assert set(questioning.answers()) == {"good-0", "good-1"}
    assert not await questioning.ask(some("slow", 20))
    (diagnostic,) = questioning.diagnostics(some("slow", 1))
    assert diagnostic.message.endswith("for its answers; 1 object waits for it")


async def test_nothing_owed_is_nothing_said() -> None:
    questioning = Questioning(Script(), Hand())
    assert questioning.diagnostics([]) == []
    assert not await questioning.ask([])
