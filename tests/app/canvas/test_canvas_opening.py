"""A scan being opened: what the window's own thread has to do, and what workers do later."""

from __future__ import annotations

import threading

import pytest

from app.canvas import pyramid
from app.canvas.pyramid import Pyramid
from app.compare.area import CompareArea
from imagest_core.painting.color.display import Display
from imagest_core.painting.geometry import Box


@pytest.fixture
def resting(qtbot, context, document) -> CompareArea:
    """An area that shows the document already, and workers that rest."""
    made = CompareArea(context)
    qtbot.addWidget(made)
    qtbot.waitUntil(lambda: made.layers is not None and made.layers.complete and context.background.resting)
    yield made
    made.set_document(None)


def test_decoding_starts_after_all_listeners_know_the_scan(resting, document, qtbot) -> None:
    resting.set_document(document)
    assert resting.context.background.resting
    qtbot.waitUntil(lambda: resting.layers.complete)


def test_a_scan_that_is_closed_at_once_is_not_decoded(resting, document, qtbot) -> None:
    resting.set_document(document)
    reports = []
    resting.layers.progressed.connect(lambda *_: reports.append(1))
    resting.set_document(None)
    qtbot.wait(50)
    assert not reports


def test_colour_tables_are_built_in_a_worker(resting, document, qtbot, monkeypatch) -> None:
    threads = []

    class Noted(Display):
        def __init__(self, *given) -> None:
            threads.append(threading.current_thread())
            super().__init__(*given)

    monkeypatch.setattr(pyramid, "Display", Noted)
    resting.set_document(document)
    qtbot.waitUntil(lambda: resting.layers.complete)
    assert threads
    assert threading.main_thread() not in threads


def test_a_scan_that_is_read_slowly_says_so(qtbot, context, document, monkeypatch) -> None:
    monkeypatch.setattr("app.compare.area.READING", 20)
    gate = threading.Event()
    build = Pyramid.build

    def wait(self: Pyramid, band: Box) -> Box:
        assert gate.wait(20)
        return build(self, band)

    monkeypatch.setattr(Pyramid, "build", wait)
    area = CompareArea(context)
    qtbot.addWidget(area)
    area.show()
    qtbot.waitUntil(area.reading.isVisible)
    assert area.reading.text() == "Reading the scan…"
    gate.set()
    qtbot.waitUntil(lambda: not area.reading.isVisible())
    assert area.layers is not None
    assert area.layers.complete
    area.set_document(None)
