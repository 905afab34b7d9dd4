"""How far adding scans to the queue is, with a button that stops it."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QProgressBar, QWidget

from app.jobs.painting_queue import PaintingQueue
from app.widgets.parts import button, label, row
from imagest_core.progress import Report

PATIENCE = 400
"""Milliseconds after which it appears: a few scans are added at once."""


class AddingBar(QWidget):
    """Appears while scans are added, unless that is done at once."""

    def __init__(self, queue: PaintingQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self.bar, self.counts = QProgressBar(), label("", "small")
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Scans added"))
        self.stop = button(self.tr("Stop adding"), self._stop, icon="cancel")
        across = row(self.bar, self.counts, self.stop)
        across.setContentsMargins(0, 0, 0, 0)
        across.setStretch(0, 1)
        self.setLayout(across)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PATIENCE)
        self._soon.timeout.connect(self.show)
        queue.adding.connect(self._show)
        self.hide()

    def begin(self) -> None:
        """Wait for the first report: how many scans there are is not known yet."""
        self._queue.allow_adding()
        self.bar.setRange(0, 0)
        self.counts.setText("")
        self.stop.setEnabled(True)
        self._soon.start()

    def end(self) -> None:
        """Disappear."""
        self._soon.stop()
        self.hide()

    def _show(self, report: Report) -> None:
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * report.fraction))
        if report.total:
            text = self.tr("%1 of %2").replace("%1", f"{report.step:,}").replace("%2", f"{report.total:,}")
            self.counts.setText(text)

    def _stop(self) -> None:
        self.stop.setEnabled(False)
        self._queue.stop_adding()
