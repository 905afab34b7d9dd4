from __future__ import annotations

import gc
import sys
import threading
import time
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.context import Context
from app.jobs.runner import Job
from imagest_core.errors import MaskError
from imagest_core.progress import Progress


def test_jobs_run_one_at_a_time_in_the_worker_thread(qtbot: QtBot, context: Context):
    order: list = []

    def job(name: str) -> Job:
        return Job(name, lambda _: (name, threading.current_thread()), order.append)

    for name in "abc":
        context.jobs.submit(job(name))
    assert context.jobs.busy
    assert context.jobs.queued == 2
    qtbot.waitUntil(lambda: len(order) == 3)
    assert [name for name, _ in order] == list("abc")
    assert all(thread is not threading.main_thread() for _, thread in order)


def test_cancel_is_acknowledged_at_once_and_the_next_job_runs(qtbot: QtBot, context: Context):
    done: list = []

    def endless(progress: Progress) -> None:
        while True:
            progress.check()
            time.sleep(0.005)

    context.jobs.submit(Job("endless", endless, done.append))
    context.jobs.submit(Job("next", lambda _: 1, done.append))
    with qtbot.waitSignal(context.jobs.cancelled), qtbot.waitSignal(context.jobs.cancelling, timeout=50):
        context.jobs.cancel()
    qtbot.waitUntil(lambda: done == [1])


def test_a_failure_is_reported_in_one_sentence_and_the_queue_continues(
    qtbot: QtBot, context: Context, said: list
):
    def fail(_: Progress) -> None:
        raise MaskError("The mask is empty: mark something.")

    done: list = []
    context.jobs.submit(Job("fails", fail, done.append))
    context.jobs.submit(Job("works", lambda _: 2, done.append))
    qtbot.waitUntil(lambda: done == [2])
    assert [(item.level, item.sentence) for item in said] == [("error", "The mask is empty: mark something.")]
    assert "MaskError" in said[0].details


def test_out_of_memory_says_what_to_do(qtbot: QtBot, context: Context, said: list):
    def burst(_: Progress) -> None:
        raise MemoryError

    context.jobs.submit(Job("too much", burst, lambda _: None))
    qtbot.waitUntil(lambda: bool(said))
    assert "memory" in said[0].sentence
    assert "CPU" in said[0].remedy
    assert not context.jobs.busy


def test_an_error_in_a_callback_does_not_stop_the_queue(
    qtbot: QtBot, context: Context, said: list, expected_faults
):
    done: list = []
    context.jobs.submit(Job("bad", lambda _: 1, lambda _: 1 / 0))
    context.jobs.submit(Job("good", lambda _: 2, done.append))
    qtbot.waitUntil(lambda: done == [2])
    assert said
    assert said[0].level == "error"


def test_of_requests_in_quick_succession_only_the_last_runs(qtbot: QtBot, context: Context):
    gate, ran, shown = threading.Event(), [], []

    def work(number: int):
        def run() -> int:
            gate.wait(5)
            ran.append(number)
            return number

        return run

    for number in range(5):
        context.background.latest("key", work(number), shown.append)
    gate.set()
    qtbot.waitUntil(lambda: bool(shown))
    assert ran == [0, 4]
    assert shown == [4]


def test_cancelled_background_work_calls_nothing(qtbot: QtBot, context: Context):
    gate, shown = threading.Event(), []
    ticket = context.background.submit(lambda: gate.wait(5), shown.append)
    ticket.cancel()
    gate.set()
    qtbot.wait(50)
    assert shown == []


def test_background_errors_are_passed_to_the_callback(qtbot: QtBot, context: Context, expected_faults):
    failed: list = []
    context.background.submit(lambda: 1 / 0, failed.append, failed.append)
    qtbot.waitUntil(lambda: bool(failed))
    assert isinstance(failed[0], ZeroDivisionError)


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads switch so often that a job may end before the call that started it returns."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_finished_background_work_holds_no_references(qtbot: QtBot, context: Context, hurried: None):
    """A pool lets tasks live for ever that end so soon: what they worked on must go all the same."""

    class Picture:
        pass

    held, done = [], []
    for _ in range(500):
        picture = Picture()
        held.append(weakref.ref(picture))
        context.background.submit(lambda picture=picture: id(picture), done.append)
    del picture
    qtbot.waitUntil(lambda: len(done) == 500)
    gc.collect()
    assert not [one for one in held if one() is not None]
