"""What is nice to have is kept at its share of the time."""

from __future__ import annotations

from imagest_core.progress import Pace


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_turns_are_limited_to_their_share_of_the_time() -> None:
    clock = Clock()
    pace = Pace(0.25, clock)
    assert pace.due
    with pace.turn():
        clock.now = 2.0
    assert not pace.due
    clock.now = 7.9
    assert not pace.due
    clock.now = 8.0
    assert pace.due


def test_work_without_cost_is_always_due() -> None:
    clock = Clock()
    pace = Pace(0.1, clock)
    with pace.turn():
        pass
    assert pace.due
