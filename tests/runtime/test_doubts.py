"""Doubts: what may have been written, until it was read late enough."""

from __future__ import annotations

import asyncio

import pytest

from reconciler.model.change import Action, Change
from reconciler.model.errors import MemberRefused, MemberUnreachable
from reconciler.model.identity import ObjectKey
from reconciler.model.member import ObjectRef
from reconciler.runtime.doubts import Doubts

KEY = ObjectKey("", "ConfigMap", "shop", "settings")
CHANGE = Change(cluster="one", key=KEY, action=Action.CREATE, api_version="v1")
PLACE = ("one", KEY)


def ended(doubts: Doubts, error: BaseException, at: float = 0.0) -> None:
    """A write that ended so."""
    with pytest.raises(type(error)), doubts.about(CHANGE, lambda: at):
        raise error


def test_a_write_is_in_doubt_until_it_is_answered() -> None:
    doubts = Doubts()
    with doubts.about(CHANGE, lambda: 0.0):
        assert doubts.places() == {PLACE}
        doubts.read("one", doubts.of("one"), 1000.0)
        assert doubts.places() == {PLACE}, "it can still arrive"
    assert not doubts.places()


@pytest.mark.parametrize("status", [403, 404, 409, 422, 429])
def test_a_refusal_leaves_no_doubt(status: int) -> None:
    doubts = Doubts()
    ended(doubts, MemberRefused("no", status=status))
    assert not doubts.places()


@pytest.mark.parametrize(
    "error",
    [
        MemberRefused("the answer is no JSON", status=200),
        MemberRefused("timeout", status=504),
        MemberUnreachable("connection reset"),
        asyncio.CancelledError(),
    ],
    ids=["garbage", "504", "reset", "cut off"],
)
def test_a_write_without_a_sound_answer_is_read_until_it_can_arrive_no_more(
    error: BaseException,
) -> None:
    doubts = Doubts()
    ended(doubts, error, at=100.0)
    assert doubts.of("one") == [ObjectRef(api_version="v1", key=KEY)]
    assert not doubts.of("two")
    assert doubts.clusters() == {"one"}
    doubts.read("one", doubts.of("one"), 130.0)
    assert doubts.places() == {PLACE}, "an API server works on a request for a minute"
    doubts.read("two", doubts.of("one"), 200.0)
    assert doubts.places() == {PLACE}, "another member says nothing of it"
    doubts.read("one", doubts.of("one"), 200.0)
    assert not doubts.places()


def test_two_writes_at_one_place_are_two() -> None:
    doubts = Doubts()
    with doubts.about(CHANGE, lambda: 0.0):
        with doubts.about(CHANGE, lambda: 0.0):
            pass
        assert doubts.places() == {PLACE}
