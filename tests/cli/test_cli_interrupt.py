"""Ctrl-C and SIGTERM: asked for first, insisted on after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from imagest_core import interrupt
from imagest_core.cli import exit_codes as ending
from imagest_core.interrupt import Interrupt
from imagest_core.progress import Cancelled

SLOW_IMPORT = """
import sys, time
from imagest_core.cli import exit_codes
sys.exit(exit_codes.run(lambda progress: eval("print('ready', flush=True) or time.sleep(30)")))
"""


@pytest.fixture(autouse=True)
def handlers():
    """A cancelled command ignores Ctrl-C to its end; this process goes on."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


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


@pytest.mark.parametrize("insist", [0, 1, 5])
def test_the_end_of_work_is_not_interrupted(insist):
    ended = []

    def work():
        for _ in range(insist):
            os.kill(os.getpid(), signal.SIGINT)
        raise Cancelled

    def end():
        for _ in range(5):
            os.kill(os.getpid(), signal.SIGINT)
        ended.append(interrupt.insisted())

    assert ending.run(lambda progress: interrupt.undisturbed(work, end)) == 130
    assert ended == [True]


def test_a_cancelled_command_ignores_ctrl_c_to_its_end():
    assert ending.run(lambda progress: os.kill(os.getpid(), signal.SIGINT)) == 0
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_that_python_wraps_in_another_error_is_a_cancel():
    def work(progress):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise RuntimeError("Error calling __set_name__") from error

    assert ending.run(work) == 130


def test_an_interrupt_inside_an_import_keeps_the_exit_code():
    """CPython kills a process whose ``eval`` was interrupted at its end, although that was handled."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", SLOW_IMPORT], stdout=pipe, stderr=pipe, text=True)
    assert process.stdout.readline() == "ready\n"
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    assert (process.wait(), process.communicate()[1]) == (130, "imagest: cancelled.\n")


@pytest.mark.skipif(not hasattr(signal, "getitimer"), reason="needs the alarm of Unix")
def test_a_signal_at_the_end_sets_no_alarm():
    with Interrupt(lambda: None) as asked:
        interrupt.hold()
        signal.raise_signal(signal.SIGINT)
        assert asked.requested
        assert not 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= interrupt.GRACE_PERIOD
