"""The progress bar: only on a terminal, one line, taken away at the end."""

from __future__ import annotations

import io

from imagest_core.cli.progress_bar import ProgressBar, duration, line
from imagest_core.progress import Report


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_no_bar_without_a_terminal():
    stream = io.StringIO()
    bar = ProgressBar(stream)
    bar.show(Report(0.5, "filling", 1, 2))
    bar.message("cancelling")
    bar.clear()
    assert stream.getvalue() == ""


def test_the_line_is_drawn_over_itself_and_taken_away():
    stream = Terminal()
    bar = ProgressBar(stream)
    bar.show(Report(0.5, "filling", 1, 2))
    bar.clear()
    written = stream.getvalue()
    assert "filling 1/2 [############            ]  50%" in written
    assert "\n" not in written
    assert written.endswith(" \r")


def test_reports_in_quick_succession_draw_once():
    stream = Terminal()
    bar = ProgressBar(stream)
    for step in range(100):
        bar.show(Report(step / 100))
    assert stream.getvalue().count("\r") == 1


def test_time_left_follows_from_what_is_done():
    assert line(Report(0.25, "filling"), 10).endswith(", 30 s left")
    assert line(Report(0.0, "filling"), 10).endswith("0%")


def test_durations_are_readable():
    assert [duration(s) for s in (0.83, 42.4, 185, 7440)] == ["0.8 s", "42 s", "3 min 5 s", "2 h 4 min"]
