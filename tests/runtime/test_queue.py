"""The work queue: each key once, the urgent first, the failing later and later."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.runtime.queue import LAZY, NORMAL, URGENT, Backoff, WorkQueue

KEYS = st.sampled_from(["a", "b", "c"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), KEYS, st.integers(0, 5), st.sampled_from([URGENT, LAZY])),
        st.tuples(st.just("take"), st.integers(0, 3)),
        st.tuples(st.sampled_from(["done", "failed"]), KEYS),
    ),
    max_size=60,
)


def test_a_key_is_taken_once_however_often_it_was_added() -> None:
    queue: WorkQueue[str] = WorkQueue()
    for due in (5.0, 1.0, 9.0):
        queue.add("pass", due=due)
    assert queue.take(0.0) is None
    assert queue.take(1.0) == "pass"
    assert queue.take(9.0) is None
    assert len(queue) == 0


def test_a_key_added_while_it_runs_runs_once_more_afterwards() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("pass", due=0.0)
    assert queue.take(0.0) == "pass"
    queue.add("pass", due=0.0)
    queue.add("pass", due=0.0)
    assert queue.take(0.0) is None
    assert queue.next_due() is None
    queue.done("pass")
    assert queue.take(0.0) == "pass"
    queue.done("pass")
    assert queue.take(0.0) is None


def test_the_urgent_comes_first_then_who_waited_longest() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("lazy", due=0.0, priority=LAZY)
    queue.add("first", due=0.0)
    queue.add("second", due=0.0)
    queue.add("urgent", due=0.0, priority=URGENT)
    queue.add("lazy", due=0.0, priority=NORMAL)
    taken = [queue.take(0.0) for _ in range(4)]
    assert taken == ["urgent", "lazy", "first", "second"]


def test_a_failing_key_comes_later_and_later_and_is_forgiven() -> None:
    queue: WorkQueue[str] = WorkQueue(Backoff(first_seconds=1.0, longest_seconds=5.0))
    pauses = []
    for _ in range(5):
        queue.add("pass", due=0.0)
        assert queue.take(100.0) == "pass"
        pauses.append(queue.failed("pass", 0.0))
    assert pauses == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert queue.failures("pass") == 5
    assert queue.take(5.0) == "pass"
    queue.done("pass")
    assert queue.failures("pass") == 0


def test_an_event_outruns_the_back_off_of_its_key() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("pass", due=0.0)
    queue.take(0.0)
    queue.failed("pass", 0.0)
    queue.add("pass", due=0.0)
    assert queue.take(0.0) == "pass"


@given(STEPS)
def test_no_key_runs_twice_and_none_is_lost(steps: list[tuple[object, ...]]) -> None:
    queue: WorkQueue[str] = WorkQueue(Backoff(first_seconds=1.0, longest_seconds=2.0))
    now, running, wanted = 0.0, set[str](), set[str]()
    for step in steps:
        match step:
            case ("add", str(key), int(due), int(priority)):
                queue.add(key, due=now + due, priority=priority)
                wanted.add(key)
            case ("take", int(seconds)):
                now += seconds
                taken = queue.take(now)
                if taken is not None:
                    assert taken not in running
                    running.add(taken)
                    wanted.discard(taken)
            case ("done", str(key)) if key in running:
                queue.done(key)
                running.discard(key)
            case ("failed", str(key)) if key in running:
                queue.failed(key, now)
                running.discard(key)
                wanted.add(key)
            case _:
                pass
    for key in running:
        queue.done(key)
    now += 100
    assert {queue.take(now) for _ in wanted} == wanted
