"""Who changes an object back again and again is not fought for ever."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.change import Action, Change
from reconciler.runtime.fights import (
    FIRST_PAUSE_SECONDS,
    FORGET_SECONDS,
    FREE_ROUNDS,
    LONGEST_PAUSE_SECONDS,
    Fights,
)
from tests.stories.fleetbench import config_map
from tests.works import a_work

WORK = a_work(config_map("settings", level="0"))
CHANGE = Change(
    cluster="one",
    key=WORK.key,
    action=Action.UPDATE,
    api_version=WORK.api_version,
    desired=WORK,
)


def test_a_few_rounds_are_ordinary_drift() -> None:
    fights = Fights()
    for _ in range(FREE_ROUNDS):
        assert fights.seconds_left(CHANGE, 0.0) == 0
        fights.wrote(CHANGE, 0.0)
    assert fights.seconds_left(CHANGE, 0.0) == 0
    assert not fights.by_cluster(0.0)


def test_pauses_double_up_to_an_hour() -> None:
    fights, now, pauses = Fights(), 0.0, []
    for _ in range(FREE_ROUNDS + 12):
        fights.wrote(CHANGE, now)
        pauses.append(fights.seconds_left(CHANGE, now))
        now += pauses[-1]
    assert pauses[FREE_ROUNDS : FREE_ROUNDS + 3] == [30.0, 60.0, 120.0]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS
    assert fights.by_cluster(now) == {"one": 1}


def test_another_wish_begins_anew_and_time_forgets() -> None:
    fights = Fights()
    for _ in range(FREE_ROUNDS + 1):
        fights.wrote(CHANGE, 0.0)
    assert fights.seconds_left(CHANGE, 0.0) == FIRST_PAUSE_SECONDS
    other = replace(CHANGE, cluster="two")
    assert fights.seconds_left(other, 0.0) == 0
    deleting = replace(CHANGE, action=Action.DELETE)
    assert fights.seconds_left(deleting, 0.0) == 0
    assert fights.seconds_left(CHANGE, FORGET_SECONDS) == 0
    assert not fights.by_cluster(FORGET_SECONDS)
