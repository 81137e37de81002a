"""Readiness: a flip counts once it has lasted, and what cannot be asked is not gone."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.cluster import ClusterFacts, Condition
from reconciler.runtime.readiness import FLIP_SECONDS, Hysteresis, with_last_known

GOOD = Condition(type="Ready", status="True", reason="ClusterReady")
BAD = Condition(type="Ready", status="False", reason="ClusterNotReachable")


def test_the_first_sight_counts_at_once() -> None:
    assert Hysteresis().seen(BAD, 0.0, "t0").status == "False"


def test_a_short_outage_does_not_count() -> None:
    watched = Hysteresis()
    watched.seen(GOOD, 0.0, "t0")
    assert watched.seen(BAD, 10.0, "t1").status == "True"
    assert watched.seen(GOOD, 20.0, "t2").status == "True"
    assert watched.seen(BAD, 30.0, "t3").status == "True"
    assert watched.seen(BAD, 59.0, "t4").status == "True"


def test_a_lasting_one_counts_with_the_moment_it_began_to_count() -> None:
    watched = Hysteresis()
    watched.seen(GOOD, 0.0, "t0")
    watched.seen(BAD, 10.0, "t1")
    counted = watched.seen(BAD, 40.0, "t2")
    assert (counted.status, counted.last_transition) == ("False", "t2")
    assert watched.seen(GOOD, 50.0, "t3").status == "False"
    assert watched.seen(GOOD, 80.0, "t4").last_transition == "t4"


@given(st.lists(st.tuples(st.floats(0.5, 20.0), st.booleans()), max_size=50))
def test_no_flip_counts_that_did_not_last(seen: list[tuple[float, bool]]) -> None:
    watched, now = Hysteresis(), 0.0
    counts = watched.seen(GOOD, now, "")
    since = now
    last = True
    for seconds, is_good in seen:
        now += seconds
        if is_good != last:
            since, last = now, is_good
        found = watched.seen(GOOD if is_good else BAD, now, "")
        if found.status != counts.status:
            assert now - since >= FLIP_SECONDS
        counts = found


def test_a_silent_member_keeps_its_apis_and_loses_its_readiness() -> None:
    known = ClusterFacts(
        kubernetes_version="v1.30.0", enablements={"v1": ("Pod",)}, conditions=(GOOD,), uid="u"
    )
    merged = with_last_known(ClusterFacts(conditions=(BAD,)), known)
    assert merged.enablements == known.enablements
    assert merged.uid == "u"
    assert merged.conditions == (BAD,)
    assert with_last_known(ClusterFacts(conditions=(BAD,)), None).enablements == {}


def test_other_words_for_the_same_trouble_are_no_news() -> None:
    hysteresis = Hysteresis()
    trouble = replace(BAD, message="a")
    first = hysteresis.seen(trouble, 0.0, "t0")
    assert hysteresis.seen(replace(trouble, message="b"), 1.0, "t1") is first
    other = replace(trouble, reason="ClusterNotReady", message="c")
    assert hysteresis.seen(other, 2.0, "t2") == replace(other, last_transition="t0")
