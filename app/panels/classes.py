"""The list of damage classes: colour, name, fill or record, area, visibility and lock."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QKeyEvent, QMouseEvent, QPixmap
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
from app.selection import Selection
from app.widgets.parts import column, elided, label, repolish, tool_button
from imagest_core.damage.classes import CRACK, DEFAULT_CLASSES, MAX_LABEL, TEAR, DamageClass, Policy
from imagest_core.damage.hatching import hatch, lattice
from imagest_core.damage.statistics import ClassStatistics
from imagest_core.painting.geometry import Box
from imagest_core.project.operations import Operation, settings
from imagest_core.project.state import State

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
        self.setObjectName("swatch")
        self.setFixedSize(16, 16)
        self.clicked.connect(self.asked)

    def show_class(self, item: DamageClass, selection: Selection) -> None:
        """Show the colour of ``item``, or its hatching."""
        colour = displayed_colour(item, selection.palette)
        hatched = selection.mask_hatched or item.protected
        self.setStyleSheet(f"background: {'transparent' if hatched else colour};")
        self.setIconSize(QSize(14, 14))
        self.setIcon(QIcon(hatched_pixmap(item, colour)) if hatched else QIcon())
        self.setToolTip(self.tr("Double-click to change the colour"))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Ask for another colour."""
        self.asked.emit()


class ClassRow(QWidget):
    """One class. ``chosen(label)``: the user selected it for painting; ``stepped(by)``: the next one.

    The selected row takes the focus: the arrow keys select another one, Enter renames it.
    """

    chosen = Signal(int)
    stepped = Signal(int)

    def __init__(self, context: Context, item: DamageClass) -> None:
        super().__init__()
        self.setObjectName("class_row")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._context, self.item = context, item
        grid = QGridLayout(self)
        grid.setContentsMargins(4, 0, 4, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(3, AREA_WIDTH)
        self.area, self.details = label("–", "unit"), label("", "small")
        for item_label in (self.area, self.details):
            item_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._create_parts()
        parts = self._swatch, self._name, self._policy, self.area, self._shown, self._locked
        for place, widget in enumerate(parts):
            grid.addWidget(widget, 0, place)
        grid.addWidget(self.details, 1, 0, 1, 4)
        self.details.hide()
        self.show_class(item)

    def _create_parts(self) -> None:
        self._swatch = Swatch()
        self._swatch.asked.connect(self._recolour)
        self._name = elided("")
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._policy = QPushButton()
        self._policy.setObjectName("policy")
        self._policy.setFixedWidth(56)
        self._policy.clicked.connect(self._change_policy)
        self._shown = tool_button("visible", "", self._toggle_shown)
        self._locked = tool_button("unlock", "", self._toggle_locked)
        for switch in (self._shown, self._locked):
            switch.setIconSize(SWITCH)

    def show_class(self, item: DamageClass) -> None:
        """Show ``item``; the parts stay, so that none loses the focus."""
        self.item, self._class_name = item, class_name(item)
        self.setAccessibleName(self._class_name)
        self._swatch.show_class(item, self._context.selection)
        self._swatch.setAccessibleName(self.tr("Colour of {0}").format(self._class_name))
        self._name.setText(self._class_name)
        self._name.setToolTip(self.tr("Double-click to rename"))
        text, tip, _ = self._policies()[item.policy]
        self._policy.setText(text)
        self._policy.setToolTip(tip)
        self._policy.setAccessibleName(f"{self._class_name}: {text}")
        shown = self.tr("Hide {0}") if item.visible else self.tr("Show {0}")
        locked = self.tr("Unlock {0}") if item.locked else self.tr("Lock {0} against painting")
        self._show_switch(self._shown, "visible" if item.visible else "hidden", shown)
        self._show_switch(self._locked, "lock" if item.locked else "unlock", locked)

    def _show_switch(self, switch: QToolButton, icon: str, name: str) -> None:
        theme.set_icon(switch, icon)
        switch.setToolTip(name.format(self._class_name))
        switch.setAccessibleName(switch.toolTip())

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
        self.chosen.emit(self.item.label)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Rename the class."""
        self._rename()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """The arrow keys select another class, Enter renames this one."""
        key, by = event.key(), {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if self.hasFocus() and key in by:
            self.stepped.emit(by[Qt.Key(key)])
        elif self.hasFocus() and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._rename()
        else:
            super().keyPressEvent(event)

    def _rename(self) -> None:
        name, accepted = QInputDialog.getText(
            self, self.tr("Rename class"), self.tr("Name"), QLineEdit.EchoMode.Normal, self._class_name
        )
        if accepted and name.strip() and name.strip() != self._class_name:
            self._do(lambda state, label: settings.rename_class(state, label, name.strip()))

    def follow(self, other: ClassRow) -> None:
        """Come after ``other`` in the order of Tab."""
        before: QWidget = other._locked
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # else it would not be ordered
        for part in (self, self._swatch, self._policy, self._shown, self._locked):
            QWidget.setTabOrder(before, part)
            before = part

    def mark(self, chosen: bool) -> None:
        """Show whether the class is selected; only the selected one takes the focus."""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if chosen else Qt.FocusPolicy.NoFocus)
        self.setProperty("chosen", chosen)
        repolish(self)

    def _do(self, change: Callable[[State, int], Operation]) -> None:
        """Change the class that the row shows now, even if a stroke ends first."""
        label = self.item.label
        self._context.do(lambda state: change(state, label))

    def _recolour(self) -> None:
        colour = QColorDialog.getColor(
            QColor(self.item.colour), self, self.tr("Colour of {0}").format(self._class_name)
        )
        if colour.isValid():
            self._do(lambda state, label: settings.recolour_class(state, label, colour.name()))

    def _policies(self) -> dict[Policy, tuple[str, str, Policy]]:
        """Text and tooltip of each policy, and the one that follows it."""
        return {
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
        }

    def _change_policy(self) -> None:
        self._set_policy(self._policies()[self.item.policy][2])

    def _set_policy(self, policy: Policy) -> None:
        """Change the policy; a protection that ends is reported, with a button that brings it back."""
        document, item = self._context.document, self.item
        label = item.label
        self._do(lambda state, label: settings.set_policy(state, label, policy))
        if document is None or item.policy is not Policy.PROTECT or not document.state.damage.has(label):
            return

        def protect() -> None:
            self._context.do(lambda state: settings.set_policy(state, label, Policy.PROTECT))
            self._context.messages.resolve("protection")

        self._context.messages.warn(
            self.tr("The pixels of {0} are no longer protected: a restoration fills them.").format(
                class_name(item)
            ),
            action=MessageAction(self.tr("Protect again"), protect),
            topic="protection",
        )

    def _toggle_shown(self) -> None:
        shown = not self.item.visible
        self._do(lambda state, label: settings.show_class(state, label, shown))

    def _toggle_locked(self) -> None:
        locked = not self.item.locked
        self._do(lambda state, label: settings.lock_class(state, label, locked))


class ClassList(QWidget):
    """All classes of the document with their areas."""

    counted = Signal(object)
    """Pixel counts by label."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._rows: dict[int, ClassRow] = {}
        self._made: list[ClassRow] = []
        self._column = column(self, spacing=0)
        self._make_row(DEFAULT_CLASSES[0])
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
        document = self._context.document
        classes = document.state.damage.classes if document else ()
        for item in classes[len(self._made) :]:
            self._make_row(item)
        for row, item in zip(self._made, classes, strict=False):
            row.show_class(item)
        for place, row in enumerate(self._made):
            row.setVisible(place < len(classes))
            row.setEnabled(place < len(classes))
        self._rows = {row.item.label: row for row in self._made[: len(classes)]}
        self._mark()
        self._show()
        self._figures.refresh()

    def _make_row(self, item: DamageClass) -> None:
        """Append a row; Tab reaches it after the one before, whenever it was made."""
        row = ClassRow(self._context, item)
        row.hide()
        row.chosen.connect(lambda label: setattr(self._context.selection, "label", label))
        row.stepped.connect(self._step)
        self._column.addWidget(row)
        if self._made:
            row.follow(self._made[-1])
        self._made.append(row)

    def _step(self, by: int) -> None:
        """Select the class above or below the selected one, and move the focus there."""
        labels = list(self._rows)
        place = labels.index(self._context.selection.label) + by
        if 0 <= place < len(labels):
            self._context.selection.label = labels[place]
            self._rows[labels[place]].setFocus(Qt.FocusReason.TabFocusReason)

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
