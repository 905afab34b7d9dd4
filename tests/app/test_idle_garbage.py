"""Full garbage collections: none during work, one when the window is idle."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.jobs import idle_garbage
from app.jobs.idle_garbage import IdleGarbage
from app.jobs.runner import Job
from app.main import Program


class Loop:
    """An object that only a garbage collection frees."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture
def generations() -> Iterator[list[int]]:
    """The generations collected during the test; it starts with an empty young generation."""
    seen: list[int] = []

    def note(phase: str, facts: dict[str, Any]) -> None:
        if phase == "start":
            seen.append(facts["generation"])

    gc.collect()
    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


def _allocate() -> None:
    """Keep enough objects for Python to start a full collection."""
    kept = []
    for _ in range(len(gc.get_objects()) + 100_000):
        kept.append([None])


def test_a_job_that_allocates_a_lot_starts_no_full_collection(
    program: Program, generations: list[int], qtbot: QtBot
):
    jobs = program.window.context.jobs
    jobs.submit(Job("work", lambda _: _allocate(), lambda _: None))
    qtbot.waitUntil(lambda: not jobs.busy)
    assert 1 in generations
    assert 2 not in generations


def test_garbage_is_collected_when_the_window_is_idle(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(idle_garbage, "LOOK", 1)
    monkeypatch.setattr(idle_garbage, "DUE", 0)
    occupied, before = [True], gc.get_threshold()
    garbage = IdleGarbage(lambda: occupied[0])
    loop = weakref.ref(Loop())
    qtbot.wait(30)
    assert loop() is not None
    occupied[0] = False
    qtbot.waitUntil(lambda: loop() is None)
    garbage.stop()
    assert gc.get_threshold() == before
    garbage.deleteLater()


def test_collections_leave_out_what_existed_at_the_start(qtbot: QtBot):
    before, frozen = Loop(), gc.get_freeze_count()
    garbage = IdleGarbage(lambda: True)
    after = Loop()
    looked_at = {id(each) for each in gc.get_objects()}
    assert id(before) not in looked_at
    assert id(after) in looked_at
    garbage.stop()
    assert gc.get_freeze_count() == frozen
    garbage.deleteLater()
