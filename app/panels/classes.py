"""The list of damage classes: colour, name, fill or record, area, visibility and lock."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QMouseEvent, QPixmap
from PySide6.QtWidgets import (
    QColorDialog,
    QGridLayout,
    QInputDialog,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app import theme
from app.canvas.overlay_pixels import argb
from app.context import Context
from app.document import OpenDocument
from app.i18n.class_names import class_name
from app.messages import MessageAction
from app.palettes import displayed_colour
from app.panels.figures import FigureUpdater, area_text, details_text, figures_tip, length_text
from app.widgets.parts import clear, column, elided, label, repolish, tool_button
from imagest_core.damage.classes import CRACK, MAX_LABEL, TEAR, DamageClass, Policy
from imagest_core.damage.hatching import hatch, lattice
from imagest_core.damage.statistics import ClassStatistics
from imagest_core.painting.geometry import Box
from imagest_core.project.operations import settings

SWITCH = QSize(16, 16)
AREA_WIDTH = 84
"""Room for areas such as 123,456 px; the columns of all rows are aligned."""
LONG = (CRACK.label, TEAR.label)
"""Classes for which the length is shown."""
OWN_COLOURS = ("#8c6d31", "#3f7f93", "#a05195", "#5f7a2f", "#b0472f", "#4a5fb0")


class Swatch(QToolButton):
    """The colour of a class; a double click or a key asks for another one, a click selects the row."""

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(16, 16)
        self.clicked.connect(self.asked)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Ask for another colour."""
        self.asked.emit()


class ClassRow(QWidget):
    """One class. ``chosen()``: the user selected it for painting."""

    chosen = Signal()

    def __init__(self, context: Context, item: DamageClass) -> None:
        super().__init__()
        self.setObjectName("class_row")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._context, self.item = context, item
        self._class_name = class_name(item)
        self.setAccessibleName(self._class_name)
        grid = QGridLayout(self)
        grid.setContentsMargins(4, 0, 4, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(3, AREA_WIDTH)
        self.area, self.details = label("–", "unit"), label("", "small")
        for item_label in (self.area, self.details):
            item_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        switches = self._shown(), self._locked()
        for switch in switches:
            switch.setIconSize(SWITCH)
        for place, widget in enumerate((self._swatch(), self._name(), self._policy(), self.area, *switches)):
            grid.addWidget(widget, 0, place)
        grid.addWidget(self.details, 1, 0, 1, 4)
        self.details.hide()

    def show_figures(self, pixels: int, figures: ClassStatistics | None) -> None:
        """Show the area, and ``figures`` once they are measured."""
        document = self._context.document
        if document is None:
            return
        within, scale = self._context.selection.within, document.state.calibration
        whole = document.state.damage.box.area if within is None else within.pixels
        length = length_text(figures) if figures is not None and self.item.label in LONG else ""
        self.area.setText(area_text(pixels, scale))
        self.details.setText(details_text(pixels, whole, scale, length))
        self.details.setVisible(bool(pixels))
        self.area.setToolTip(figures_tip(pixels, whole, scale, figures))
        self.details.setToolTip(self.area.toolTip())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Select the class."""
        self.chosen.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Rename the class."""
        name, accepted = QInputDialog.getText(
            self, self.tr("Rename class"), self.tr("Name"), QLineEdit.EchoMode.Normal, self._class_name
        )
        if accepted and name.strip() and name.strip() != self._class_name:
            self._do(lambda state: settings.rename_class(state, self.item.label, name.strip()))

    def mark(self, chosen: bool) -> None:
        """Show whether the class is selected."""
        self.setProperty("chosen", chosen)
        repolish(self)

    def _do(self, make: object) -> None:
        document = self._context.document
        if document is not None:
            self._context.do(make(document.state))  # type: ignore[operator]

    def _swatch(self) -> Swatch:
        widget = Swatch()
        selection = self._context.selection
        colour = displayed_colour(self.item, selection.palette)
        background = "transparent" if selection.mask_hatched or self.item.protected else colour
        widget.setStyleSheet(
            f"background: {background}; border: 1px solid {theme.roles().line};"
            " border-radius: 8px; padding: 0;"
        )
        if selection.mask_hatched or self.item.protected:
            widget.setIconSize(QSize(14, 14))
            widget.setIcon(QIcon(hatched_pixmap(self.item, colour)))
        widget.setToolTip(self.tr("Double-click to change the colour"))
        widget.setAccessibleName(self.tr("Colour of {0}").format(self._class_name))
        widget.asked.connect(self._recolour)
        return widget

    def _recolour(self) -> None:
        colour = QColorDialog.getColor(
            QColor(self.item.colour), self, self.tr("Colour of {0}").format(self._class_name)
        )
        if colour.isValid():
            self._do(lambda state: settings.recolour_class(state, self.item.label, colour.name()))

    def _name(self) -> QWidget:
        widget = elided(self._class_name)
        widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        widget.setToolTip(self.tr("Double-click to rename"))
        return widget

    def _policy(self) -> QPushButton:
        widget = QPushButton()
        widget.setObjectName("policy")
        text, tip, other = {
            Policy.FILL: (
                self.tr("fill"),
                self.tr("Filled by a restoration. Click to record it without filling."),
                Policy.RECORD,
            ),
            Policy.RECORD: (
                self.tr("record"),
                self.tr("Recorded and measured, but not filled. Click to protect it."),
                Policy.PROTECT,
            ),
            Policy.PROTECT: (
                self.tr("protect"),
                self.tr("Never filled, grown into, or used as a style reference. Click to fill it."),
                Policy.FILL,
            ),
        }[self.item.policy]
        widget.setText(text)
        widget.setFixedWidth(56)
        widget.setToolTip(tip)
        widget.setAccessibleName(f"{self._class_name}: {widget.text()}")
        widget.clicked.connect(lambda: self._set_policy(other))
        return widget

    def _set_policy(self, policy: Policy) -> None:
        """Change the policy; a protection that ends is reported, with a button that brings it back."""
        document, label = self._context.document, self.item.label
        self._do(lambda state: settings.set_policy(state, label, policy))
        if document is None or self.item.policy is not Policy.PROTECT or not document.state.damage.has(label):
            return

        def protect() -> None:
            self._context.do(lambda state: settings.set_policy(state, label, Policy.PROTECT))
            self._context.messages.resolve("protection")

        self._context.messages.warn(
            self.tr("The pixels of {0} are no longer protected: a restoration fills them.").format(
                class_name(self.item)
            ),
            action=MessageAction(self.tr("Protect again"), protect),
            topic="protection",
        )

    def _shown(self) -> QToolButton:
        visible = self.item.visible
        name = self.tr("Hide {0}") if visible else self.tr("Show {0}")
        return tool_button(
            "visible" if visible else "hidden",
            name.format(self._class_name),
            lambda: self._do(lambda state: settings.show_class(state, self.item.label, not visible)),
        )

    def _locked(self) -> QToolButton:
        locked = self.item.locked
        name = self.tr("Unlock {0}") if locked else self.tr("Lock {0} against painting")
        return tool_button(
            "lock" if locked else "unlock",
            name.format(self._class_name),
            lambda: self._do(lambda state: settings.lock_class(state, self.item.label, not locked)),
        )


class ClassList(QWidget):
    """All classes of the document with their areas."""

    counted = Signal(object)
    """Pixel counts by label."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._rows: dict[int, ClassRow] = {}
        self._column = column(self, spacing=0)
        self._counts: dict[int, int] = {}
        self._measures: dict[int, ClassStatistics] = {}
        self._figures = FigureUpdater(context, self)
        self._figures.counted.connect(self._counted)
        self._figures.measured.connect(self._measured)
        context.selection.label_changed.connect(lambda _: self._mark())
        context.selection.palette_changed.connect(lambda _: self.refresh())
        context.selection.mask_hatched_changed.connect(lambda _: self.refresh())

    def bind(self, document: OpenDocument) -> None:
        """Connect to ``document``."""
        document.classes_changed.connect(self.refresh)
        self._figures.bind(document)
        self._counts, self._measures = {}, {}

    def refresh(self) -> None:
        """Show the current classes."""
        clear(self._column)
        self._rows.clear()
        document = self._context.document
        for item in document.state.damage.classes if document else ():
            row = ClassRow(self._context, item)
            row.chosen.connect(lambda label=item.label: setattr(self._context.selection, "label", label))
            self._rows[item.label] = row
            self._column.addWidget(row)
        self._mark()
        self._show()
        self._figures.refresh()

    def add(self) -> None:
        """Ask for a name and add a class."""
        document = self._context.document
        name, accepted = QInputDialog.getText(self, self.tr("New damage class"), self.tr("Name"))
        if document is None or not accepted or not name.strip():
            return
        number = next((n for n in range(1, MAX_LABEL + 1) if n not in self._rows), None)
        if number is None:
            sentence = self.tr("All {0} damage classes exist already: rename one that you do not need.")
            return self._context.messages.warn(sentence.format(MAX_LABEL), topic="edit")
        item = DamageClass(number, name.strip(), OWN_COLOURS[number % len(OWN_COLOURS)])
        if self._context.do(settings.add_class(document.state, item)):
            self._context.selection.label = number

    def _mark(self) -> None:
        for number, row in self._rows.items():
            row.mark(number == self._context.selection.label)

    def _counted(self, counts: dict[int, int]) -> None:
        """Keep the measurements of classes whose area is unchanged until they are measured again."""
        old, self._counts = self._counts, counts
        unchanged = {label for label in counts if counts[label] == old.get(label)}
        self._measures = {label: item for label, item in self._measures.items() if label in unchanged}
        self._show()
        self.counted.emit(counts)

    def _measured(self, figures: dict[int, ClassStatistics]) -> None:
        self._measures = figures
        self._show()

    def _show(self) -> None:
        for number, row in self._rows.items():
            row.show_figures(self._counts.get(number, 0), self._measures.get(number))


def hatched_pixmap(item: DamageClass, colour: str) -> QPixmap:
    """A sample of the hatching of a class."""
    side = SWITCH.width()
    box = Box(0, 0, side, side)
    lines = lattice(box) if item.protected else hatch(np.full((side, side), item.label, np.uint8), box)
    pixels = np.ascontiguousarray(lines * np.uint32(argb(colour, 1.0)))
    image = QImage(pixels.data, side, side, side * 4, QImage.Format.Format_ARGB32_Premultiplied)
    return QPixmap.fromImage(image)
