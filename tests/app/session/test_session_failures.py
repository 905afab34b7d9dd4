"""What goes wrong in a restoration: it is said in a sentence, the window stays usable, the next one works."""

from __future__ import annotations

import pytest
from hands import Hands
from PySide6.QtWidgets import QApplication

from imagest_core.painting.geometry import Box

pytestmark = pytest.mark.usefixtures("troubled_engines")
LOSS = Box(48, 38, 34, 24)


@pytest.fixture
def marked(troubled_engines: None, at_work: Hands) -> Hands:
    """The small scan with a loss marked."""
    at_work.mark(LOSS)
    return at_work


def restore(hands: Hands, engine: str) -> None:
    """Restore everything with ``engine``, and wait for the end."""
    hands.choose("Engine", engine)
    hands.push("Restore")
    hands.settle()


@pytest.mark.parametrize(
    ("engine", "words", "details"),
    [
        ("greedy-numpy", "not enough memory", "MemoryError"),
        ("greedy-torch", "not enough memory", "can't allocate memory"),
        ("greedy-gpu", "not enough memory", "OutOfMemoryError"),
        ("faulty", "internal error", "IndexError"),
    ],
)
def test_a_failure_is_said_and_the_next_restoration_works(
    engine: str, words: str, details: str, marked: Hands, expected_faults
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


def test_a_cancel_is_acknowledged_and_the_next_restoration_works(marked: Hands) -> None:
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


def test_a_variation_that_fails_leaves_the_others(marked: Hands) -> None:
    """Those that wait are jobs of their own: what is asked for after a failure comes all the same."""
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


def test_work_goes_on_while_a_restoration_runs(marked: Hands) -> None:
    """The worker has its own copy of the damage: painting and taking back don't wait for it."""
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
