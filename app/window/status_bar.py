"""The status bar: mouse position, samples, zoom, and the running job."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QStatusBar, QWidget

from app.context import Context
from app.i18n.durations import duration
from app.i18n.noop import QT_TRANSLATE_NOOP
from app.i18n.provenance_texts import displayed_fill, origin_line
from app.jobs.runner import Job
from app.widgets.parts import button, elided, label, row
from imagest_core.damage.selection import Selection
from imagest_core.painting.geometry import Box
from imagest_core.progress import Report
from imagest_core.project.probe import Provenance

MIN_ELAPSED = 0.5
"""Seconds of work before the remaining time is shown."""
SAMPLE_WAIT = 40
"""Milliseconds for which the mouse must rest before samples are read."""


class StatusBar(QStatusBar):
    """Position, samples, zoom and origin of a pixel on the left; stage, progress, Cancel on the right."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self._context, self._pixel = context, (-1, -1)
        self.position, self.samples, self.zoom = elided(), elided("", "soft"), label("", "soft")
        self.origin = elided("", "soft")
        self.position.setMinimumWidth(160)
        self.samples.setMinimumWidth(160)
        self.zoom.setMinimumWidth(64)
        self.zoom.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        left = QWidget()
        across = row(self.position, self.samples, self.zoom, self.origin, None, spacing=16)
        across.setContentsMargins(12, 0, 0, 0)
        left.setLayout(across)
        self.addWidget(left, 1)
        self.selected = SelectionStatus(context)
        self.addPermanentWidget(self.selected)
        self.job = JobStatus(context)
        self.addPermanentWidget(self.job)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAMPLE_WAIT)
        self._timer.timeout.connect(self._read)
        context.document_changed.connect(lambda _: self.point(-1, -1))

    def point(self, x: float, y: float) -> None:
        """Show the position and samples of this native point; (−1, −1) clears them."""
        document = self._context.document
        at = int(np.floor(x)), int(np.floor(y))
        if document is None or not document.painting.box.contains(Box(*at, 1, 1)):
            self._timer.stop()
            self._context.background.forget("samples")
            self.position.clear()
            self.samples.clear()
            return
        self._pixel = at
        self.position.setText(self._position(*at))
        self._timer.start()

    def show_origin(self, found: Provenance | None) -> None:
        """Show the result that fills the pixel in the restored picture; nothing for a pixel of the scan."""
        fill = None if found is None else displayed_fill(found, self._context.selection.run)
        self.origin.setText(origin_line(fill))

    def show_zoom(self, factor: float) -> None:
        """Show the zoom of the main view; 1 is 100 %."""
        self.zoom.setText(f"{factor:.0%}" if factor >= 0.1 else f"{factor:.1%}")

    def _position(self, x: int, y: int) -> str:
        text = f"x {x}  y {y} px"
        document = self._context.document
        scale = document.state.calibration if document else None
        if scale is not None:
            millimetres = x / scale.resolution.px_per_mm_x, y / scale.resolution.px_per_mm_y
            text += f"  ·  {millimetres[0]:.1f} × {millimetres[1]:.1f} mm"
        return text

    def _read(self) -> None:
        document = self._context.document
        if document is None:
            return
        painting, at = document.painting, self._pixel
        kind = self.tr("{0}-bit {1}").format(painting.depth, painting.profile_name)

        def read() -> str:
            samples = painting.read(Box(*at, 1, 1))[0, 0]
            names = ["L"] if painting.grey else ["R", "G", "B"]
            for channel in range(len(names), painting.channels):
                names.append("A" if channel == painting.alpha_channel else f"#{channel + 1}")
            values = "  ".join(f"{name} {value}" for name, value in zip(names, samples, strict=False))
            return f"{values}  ·  {kind}"

        self._context.background.latest("samples", read, self.samples.setText)


class SelectionStatus(QWidget):
    """Says that work is limited to a selection, as long as there is one; its button removes the selection."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.text = label("", "warn")
        self.clear = button(
            self.tr("Remove selection"),
            lambda: setattr(context.selection, "within", None),
            icon="close",
            tip=self.tr("Detection, clean-up, statistics and restoration work everywhere again"),
        )
        across = row(self.text, self.clear)
        across.setContentsMargins(8, 0, 8, 0)
        self.setLayout(across)
        context.selection.within_changed.connect(self._show)
        self._show(context.selection.within)

    def _show(self, selected: Selection | None) -> None:
        self.setVisible(selected is not None)
        if selected is not None:
            share = f"{selected.pixels / selected.picture.area:.1%}"
            self.text.setText(self.tr("Limited to the selection ({0})").format(share))


class ProgressSample(NamedTuple):
    """Progress of a job (0–1) at a time (monotonic, s)."""

    seconds: float
    fraction: float


class JobStatus(QWidget):
    """The running job: title, stage, progress, remaining time and a Cancel button."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._jobs = context.jobs
        self._title, self._report, self._first = "", Report(0.0), ProgressSample(0.0, 0.0)
        self.text = elided("", "soft")
        self.text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(160)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.cancel = button(
            self.tr("Cancel"), context.jobs.cancel, icon="cancel", tip=self.tr("Cancel   Shift+X")
        )
        across = row(self.text, self.bar, self.cancel)
        across.setContentsMargins(0, 2, 8, 2)
        self.setLayout(across)
        jobs = context.jobs
        jobs.started.connect(self._start)
        jobs.progressed.connect(self._show)
        jobs.cancelling.connect(self._show_cancelling)
        jobs.queue_changed.connect(lambda _: self._show(self._report))
        jobs.idle.connect(self.hide)
        jobs.cancelled.connect(
            lambda job: context.messages.say(
                self.tr("{0} was cancelled; nothing has changed.").format(job.title)
            )
        )
        self.hide()

    def _start(self, job: Job) -> None:
        self._title = job.title
        self._report, self._first = Report(0.0), ProgressSample(0.0, 0.0)
        self.cancel.setEnabled(True)
        self.bar.setRange(0, 0)
        self.text.setText(self._text(self._report))
        self.show()

    def _show(self, report: Report) -> None:
        if self._jobs.current is None:
            return
        self._report = report
        if report.fraction > 0:
            if not self._first.fraction:
                self._first = ProgressSample(time.monotonic(), report.fraction)
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(report.fraction * 1000))
        if self.cancel.isEnabled():
            self.text.setText(self._text(report))

    def _text(self, report: Report) -> str:
        parts = [self._title]
        if report.stage:
            parts.append(stage_name(report.stage))
        if report.total:
            parts.append(f"{report.step}/{report.total}")
        left = time_left(self._first, ProgressSample(time.monotonic(), report.fraction))
        if left is not None:
            parts.append(self.tr("{0} left").format(duration(left)))
        if self._jobs.queued:
            parts.append(self.tr("{0} waiting").format(self._jobs.queued))
        return "  ·  ".join(parts)

    def _show_cancelling(self) -> None:
        self.cancel.setEnabled(False)
        self.text.setText(self.tr("{0}  ·  cancelling…").format(self._title))


def time_left(first: ProgressSample, now: ProgressSample) -> float | None:
    """Remaining seconds, extrapolated from the progress since ``first``; None if that is too little.

    Time before the first progress, for instance for loading, is not extrapolated.
    """
    elapsed, done = now.seconds - first.seconds, now.fraction - first.fraction
    if not first.fraction or done <= 0 or elapsed < MIN_ELAPSED:
        return None
    return elapsed / done * (1 - now.fraction)


def stage_name(stage: str) -> str:
    """Translate the name of a stage of the core."""
    known = (
        QT_TRANSLATE_NOOP("Stages", "writing"),
        QT_TRANSLATE_NOOP("Stages", "verifying"),
        QT_TRANSLATE_NOOP("Stages", "aligning"),
        QT_TRANSLATE_NOOP("Stages", "comparing"),
        QT_TRANSLATE_NOOP("Stages", "planning"),
        QT_TRANSLATE_NOOP("Stages", "loading the network"),
        QT_TRANSLATE_NOOP("Stages", "filling"),
        QT_TRANSLATE_NOOP("Stages", "measuring"),
        QT_TRANSLATE_NOOP("Stages", "looking for intact crops"),
        QT_TRANSLATE_NOOP("Stages", "reading the crops"),
        QT_TRANSLATE_NOOP("Stages", "studying"),
    )
    return QCoreApplication.translate("Stages", stage) if stage in known else stage
