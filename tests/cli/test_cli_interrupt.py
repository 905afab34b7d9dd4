"""Ctrl-C and SIGTERM: asked for first, insisted on after."""

from __future__ import annotations

import os
import signal
import time

import pytest

from imagest_core.cli import exit_codes as ending
from imagest_core.cli import interrupt
from imagest_core.cli.interrupt import Interrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_work_ends_at_its_next_step(number):
    done = []

    def work(progress):
        for step in progress.steps(range(100)):
            done.append(step)
            if step == 3:
                os.kill(os.getpid(), number)

    assert ending.run(work) == 130
    assert done == [0, 1, 2, 3]


def test_a_second_signal_does_not_wait():
    def work(progress):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(30)

    started = time.perf_counter()
    assert ending.run(work) == 130
    assert time.perf_counter() - started < 10


def test_patience_ends(monkeypatch):
    monkeypatch.setattr(interrupt, "GRACE_PERIOD", 0.05)

    def work(progress):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(30)

    started = time.perf_counter()
    assert ending.run(work) == 130
    assert time.perf_counter() - started < 10


def test_previous_signal_handlers_are_restored():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Interrupt(lambda: None):
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
