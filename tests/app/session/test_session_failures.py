"""Failures during a restoration: one sentence, a usable window, and the next restoration works."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication
from user import User

from imagest_core.painting.geometry import Box

pytestmark = pytest.mark.usefixtures("failing_engines_listed")
LOSS = Box(48, 38, 34, 24)


@pytest.fixture
def marked(failing_engines_listed: None, at_work: User) -> User:
    """The small scan with a loss marked."""
    at_work.mark(LOSS)
    return at_work


def restore(user: User, engine: str) -> None:
    """Restore everything with ``engine`` and wait for the end."""
    user.choose("Engine", engine)
    user.push("Restore")
    user.settle()


@pytest.mark.parametrize(
    ("engine", "words", "details"),
    [
        ("greedy-numpy", "not enough memory", "MemoryError"),
        ("greedy-torch", "not enough memory", "can't allocate memory"),
        ("greedy-gpu", "not enough memory", "OutOfMemoryError"),
        ("faulty", "internal error", "IndexError"),
    ],
)
def test_a_failure_is_reported_and_the_next_restoration_works(
    engine: str, words: str, details: str, marked: User, expected_faults
) -> None:
    restore(marked, engine)
    banner = marked.window.banner
    assert banner.isVisible()
    assert banner.message.level == "error"
    assert words in banner.sentence.text()
    assert len(banner.message.sentence.split(". ")) == 1
    assert "Traceback" not in banner.sentence.text()
    QApplication.clipboard().clear()
    marked.click(banner.copy)
    copied = QApplication.clipboard().text()
    assert details in copied
    assert "Imagest Workstation" in copied
    assert "Traceback" in copied
    assert not marked.window.status.job.isVisible()
    assert marked.document.state.runs == {}
    assert marked.names() == ["Rectangle"]

    restore(marked, "harmonic")
    (run,) = marked.document.state.runs.values()
    assert run.pixels == (LOSS.width + 2) * (LOSS.height + 2)
    marked.click(marked.window.results.accept)
    assert len(marked.document.accepted.keys()) == 1


def test_a_cancel_is_acknowledged_and_the_next_restoration_works(marked: User) -> None:
    marked.choose("Engine", "endless")
    marked.push("Restore")
    line = marked.window.status.job
    marked.until(line.isVisible)
    marked.press("Shift+X")
    assert not line.cancel.isEnabled()
    assert "cancelling" in line.text.text().lower()
    marked.settle()
    assert not line.isVisible()
    assert marked.said[-1].level == "info"
    assert "cancelled" in marked.said[-1].sentence
    assert marked.document.state.runs == {}

    restore(marked, "harmonic")
    assert list(marked.document.state.runs) == [1]


def test_a_failed_variation_leaves_the_others(marked: User) -> None:
    """Queued jobs are independent: those after a failure still run."""
    marked.choose("Engine", "endless")
    marked.push("Restore")
    marked.choose("Engine", "faulty")
    marked.push("Restore")
    marked.choose("Engine", "harmonic")
    marked.push("Restore")
    assert "2 waiting" in marked.window.status.job.text.text()
    marked.click(marked.window.status.job.cancel)
    marked.settle()
    assert [run.engine for run in marked.document.state.runs.values()] == ["harmonic"]
    assert marked.window.banner.message.level == "error"


def test_editing_continues_during_a_restoration(marked: User) -> None:
    """The worker has its own copy of the damage, so painting and undo do not wait for it."""
    marked.choose("Engine", "endless")
    marked.push("Restore")
    marked.act("tool_brush")
    marked.draw((100, 90), (140, 90))
    assert marked.names() == ["Rectangle", "Brush stroke"]
    marked.press("Ctrl+Z")
    assert marked.names() == ["Rectangle"]
    assert marked.context.jobs.busy
    marked.click(marked.window.status.job.cancel)
    marked.settle()
