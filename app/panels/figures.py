"""Figures of the damage classes: counted soon after an edit, measured in the background after a pause."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from app.commands.select import limited
from app.context import Context
from app.document import OpenDocument
from app.i18n.noop import QT_TRANSLATE_NOOP
from imagest_core.damage.selection import Selection
from imagest_core.damage.statistics import ClassStatistics
from imagest_core.painting.resolution import Resolution
from imagest_core.progress import Progress
from imagest_core.project.damage_statistics import damage_statistics
from imagest_core.project.state import Calibration, State

COUNT_WAIT, MEASURE_WAIT = 150, 900
"""Delay in ms after an edit until pixels are counted, and until pieces and lengths are measured."""
CM2, CM, METRE = 1000.0, 100.0, 1000.0
"""Thresholds in mm² and mm from which areas are shown in cm², lengths in cm and in m."""


class FigureUpdater(QObject):
    """Counts and measures the damage classes.

    ``counted(dict)``: pixels by label; ``measured(dict)``: ``ClassStatistics`` by label, {} while unknown.
    """

    counted = Signal(object)
    measured = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._stop = threading.Event()
        self._count, self._measure = (
            self._timer(COUNT_WAIT, self._start_count),
            self._timer(MEASURE_WAIT, self._start_measure),
        )
        context.selection.within_changed.connect(lambda _: self.refresh())

    def _timer(self, wait: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(wait)
        timer.timeout.connect(slot)
        return timer

    def bind(self, document: OpenDocument) -> None:
        """Connect to the damage and the scale of ``document``."""
        document.damage_changed.connect(lambda _: self.refresh())
        document.calibration_changed.connect(self.refresh)
        document.closed.connect(self._stop_measuring)

    def refresh(self) -> None:
        """Cancel the current measurement and start again."""
        self._stop_measuring()
        self._count.start()
        self._measure.start()

    def _stop_measuring(self) -> None:
        self._stop.set()
        self._count.stop()
        self._measure.stop()

    def _start_count(self) -> None:
        document = self._context.document
        if document is not None:
            damage, context = document.state.damage.copy(), self._context
            damage = limited(context, damage)
            context.background.latest("counts", damage.counts, self.counted.emit)

    def _start_measure(self) -> None:
        document = self._context.document
        if document is None or document.state.damage.empty:
            self.measured.emit({})
            return
        self._stop = stop = threading.Event()
        state, within = document.state.copy(), self._context.selection.within

        def done(figures: tuple[ClassStatistics, ...]) -> None:
            if not stop.is_set():
                self.measured.emit({item.label: item for item in figures})

        self._context.background.submit(_measuring(state, stop, within), done, priority=-1)


def _measuring(
    state: State, stop: threading.Event, within: Selection | None
) -> Callable[[], tuple[ClassStatistics, ...]]:
    return lambda: damage_statistics(state, Progress(cancelled=stop.is_set), within=within)


# Text


def area_text(pixels: int, scale: Calibration | None) -> str:
    """An area in mm² or cm² if the scale is known, else in px."""
    if not pixels:
        return "–"
    if scale is None:
        return f"{pixels:,} px"
    square = pixels / _per_mm2(scale.resolution)
    return f"{square / 100:,.1f} cm²" if square >= CM2 else f"{square:,.1f} mm²"


def length_text(figures: ClassStatistics) -> str:
    """A length in mm, cm or m if the scale is known, else in px."""
    if figures.length_mm is None:
        return f"{figures.length_px:,.0f} px"
    if figures.length_mm >= METRE:
        return f"{figures.length_mm / 1000:,.2f} m"
    return f"{figures.length_mm / 10:,.1f} cm" if figures.length_mm >= CM else f"{figures.length_mm:,.1f} mm"


def share_text(pixels: int, whole: int) -> str:
    """A share of the picture's area in per cent."""
    return f"{pixels / whole:.2%}"


def details_text(pixels: int, whole: int, scale: Calibration | None, length: str) -> str:
    """The text below the area: other units, and the ``length`` of cracks and tears."""
    parts = [share_text(pixels, whole), length]
    if scale is not None:
        parts.insert(0, f"{pixels:,} px")
    return "  ·  ".join(part for part in parts if part)


def figures_tip(pixels: int, whole: int, scale: Calibration | None, figures: ClassStatistics | None) -> str:
    """All figures, and the source of the scale."""
    translate = QCoreApplication.translate
    parts = [f"{pixels:,} px", f"{pixels / whole:.3%}"]
    if scale is not None:
        parts.append(area_text(pixels, scale))
    if figures is not None:
        count = figures.count
        parts.append(translate("Classes", "%n piece(s)", "", count))
        parts.append(translate("Classes", "centreline {0}").format(length_text(figures)))
    source = translate("Classes", "The scale is unknown: measure the distance between two points to set it.")
    if scale is not None:
        known = (QT_TRANSLATE_NOOP("Classes", "TIFF tags"), QT_TRANSLATE_NOOP("Classes", "two points"))
        given = scale.resolution.source
        shown = translate("Classes", given) if given in known else given
        source = f"{scale.resolution.px_per_mm_x:.2f} px/mm ({shown})"
    return "  ·  ".join(parts) + "\n" + source


def _per_mm2(resolution: Resolution) -> float:
    return resolution.px_per_mm_x * resolution.px_per_mm_y
