"""The damage classes: colour, name, filled or recorded only, area, shown, locked."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QColorDialog, QGridLayout, QInputDialog, QLineEdit, QToolButton, QWidget

from app import theme
from app.context import Context
from app.document import OpenDocument
from app.panels.figures import Figures, area_text, details_text, figures_tip, length_text
from app.widgets.parts import clear, column, elided, label, repolish, tool_button
from imagest_core.damage.classes import CRACK, MAX_LABEL, TEAR, DamageClass, Policy
from imagest_core.damage.statistics import ClassFigures
from imagest_core.project.operations import settings

SWITCH = QSize(16, 16)
LONG = (CRACK.label, TEAR.label)
"""Classes whose length says more than their area."""
OWN_COLOURS = ("#8c6d31", "#3f7f93", "#a05195", "#5f7a2f", "#b0472f", "#4a5fb0")


class ClassRow(QWidget):
    """One class. ``chosen()``: it is the one that tools paint."""

    chosen = Signal()

    def __init__(self, context: Context, item: DamageClass) -> None:
        super().__init__()
        self.setObjectName("class_row")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._context, self.item = context, item
        self.setAccessibleName(item.name)
        grid = QGridLayout(self)
        grid.setContentsMargins(4, 0, 4, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(3, 1)
        self.area, self.details = label("–", "unit"), label("", "small")
        for made in (self.area, self.details):
            made.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        switches = self._shown(), self._locked()
        for switch in switches:
            switch.setIconSize(SWITCH)
        for place, widget in enumerate((self._swatch(), self._name(), self._policy(), self.area, *switches)):
            grid.addWidget(widget, 0, place)
        grid.addWidget(self.details, 1, 0, 1, 4)
        self.details.hide()

    def show_figures(self, pixels: int, figures: ClassFigures | None) -> None:
        """Say how much there is; ``figures`` once they are measured."""
        document = self._context.document
        if document is None:
            return
        whole, scale = document.state.damage.box.area, document.state.calibration
        length = length_text(figures) if figures is not None and self.item.label in LONG else ""
        self.area.setText(area_text(pixels, scale))
        self.details.setText(details_text(pixels, whole, scale, length))
        self.details.setVisible(bool(pixels))
        self.area.setToolTip(figures_tip(pixels, whole, scale, figures))
        self.details.setToolTip(self.area.toolTip())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A press chooses the class."""
        self.chosen.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A double click renames it."""
        name, said = QInputDialog.getText(
            self, self.tr("Rename class"), self.tr("Name"), QLineEdit.EchoMode.Normal, self.item.name
        )
        if said and name.strip() and name != self.item.name:
            self._do(lambda state: settings.rename_class(state, self.item.label, name.strip()))

    def mark(self, chosen: bool) -> None:
        """Show whether it is the chosen one."""
        self.setProperty("chosen", chosen)
        repolish(self)

    def _do(self, make: object) -> None:
        document = self._context.document
        if document is not None:
            self._context.do(make(document.state))  # type: ignore[operator]

    def _swatch(self) -> QToolButton:
        made = QToolButton()
        made.setFixedSize(16, 16)
        made.setStyleSheet(
            f"background: {self.item.colour}; border: 1px solid {theme.roles().line}; border-radius: 8px;"
        )
        made.setToolTip(self.tr("Colour of {0}").format(self.item.name))
        made.setAccessibleName(made.toolTip())
        made.clicked.connect(self._recolour)
        return made

    def _recolour(self) -> None:
        colour = QColorDialog.getColor(
            QColor(self.item.colour), self, self.tr("Colour of {0}").format(self.item.name)
        )
        if colour.isValid():
            self._do(lambda state: settings.recolour_class(state, self.item.label, colour.name()))

    def _name(self) -> QWidget:
        made = elided(class_name(self.item))
        made.setMinimumWidth(88)
        made.setToolTip(self.tr("Double-click to rename"))
        return made

    def _policy(self) -> QToolButton:
        made = QToolButton()
        made.setObjectName("quiet")
        made.setText(self.tr("fill") if self.item.filled else self.tr("record"))
        made.setFixedWidth(56)
        made.setToolTip(
            self.tr("Filled by a restoration. Click to record it without filling.")
            if self.item.filled
            else self.tr("Recorded and measured, but not filled. Click to fill it.")
        )
        made.setAccessibleName(f"{self.item.name}: {made.text()}")
        other = Policy.RECORD if self.item.filled else Policy.FILL
        made.clicked.connect(
            lambda: self._do(lambda state: settings.set_policy(state, self.item.label, other))
        )
        return made

    def _shown(self) -> QToolButton:
        visible = self.item.visible
        name = self.tr("Hide {0}") if visible else self.tr("Show {0}")
        return tool_button(
            "visible" if visible else "hidden",
            name.format(self.item.name),
            lambda: self._do(lambda state: settings.show_class(state, self.item.label, not visible)),
        )

    def _locked(self) -> QToolButton:
        locked = self.item.locked
        name = self.tr("Unlock {0}") if locked else self.tr("Lock {0} against painting")
        return tool_button(
            "lock" if locked else "unlock",
            name.format(self.item.name),
            lambda: self._do(lambda state: settings.lock_class(state, self.item.label, not locked)),
        )


class ClassList(QWidget):
    """All classes of the document, with what they cover."""

    counted = Signal(object)
    """Pixels of each label there is."""
    reshaped = Signal()
    """More or fewer lines are shown."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._rows: dict[int, ClassRow] = {}
        self._column = column(self, spacing=0)
        self._counts: dict[int, int] = {}
        self._measures: dict[int, ClassFigures] = {}
        self._figures = Figures(context, self)
        self._figures.counted.connect(self._counted)
        self._figures.measured.connect(self._measured)
        context.selection.label_changed.connect(lambda _: self._mark())

    def bind(self, document: OpenDocument) -> None:
        """Follow ``document``."""
        document.classes_changed.connect(self.refresh)
        self._figures.bind(document)
        self._counts, self._measures = {}, {}

    def refresh(self) -> None:
        """Show the classes as they are now."""
        clear(self._column)
        self._rows.clear()
        document = self._context.document
        for item in document.state.damage.classes if document else ():
            made = ClassRow(self._context, item)
            made.chosen.connect(lambda label=item.label: setattr(self._context.selection, "label", label))
            self._rows[item.label] = made
            self._column.addWidget(made)
        self._mark()
        self._show()
        self._figures.refresh()

    def add(self) -> None:
        """A class of the user's own."""
        document = self._context.document
        name, said = QInputDialog.getText(self, self.tr("New damage class"), self.tr("Name"))
        if document is None or not said or not name.strip():
            return
        label_ = next((n for n in range(1, MAX_LABEL + 1) if n not in self._rows), None)
        if label_ is None:
            sentence = self.tr("All {0} damage classes exist already: rename one that you do not need.")
            return self._context.messages.warn(sentence.format(MAX_LABEL))
        made = DamageClass(label_, name.strip(), OWN_COLOURS[label_ % len(OWN_COLOURS)])
        if self._context.do(settings.add_class(document.state, made)):
            self._context.selection.label = label_

    def _mark(self) -> None:
        for number, made in self._rows.items():
            made.mark(number == self._context.selection.label)

    def _counted(self, counts: dict[int, int]) -> None:
        """What was measured of a class holds until it is measured anew, unless its area is another."""
        old, self._counts = self._counts, counts
        kept = {label for label in counts if counts[label] == old.get(label)}
        self._measures = {label: item for label, item in self._measures.items() if label in kept}
        self._show()
        self.counted.emit(counts)

    def _measured(self, figures: dict[int, ClassFigures]) -> None:
        self._measures = figures
        self._show()

    def _show(self) -> None:
        shape = [made.details.isHidden() for made in self._rows.values()]
        for number, made in self._rows.items():
            made.show_figures(self._counts.get(number, 0), self._measures.get(number))
        if shape != [made.details.isHidden() for made in self._rows.values()]:
            self.reshaped.emit()


def class_name(item: DamageClass) -> str:
    """A class's name; the built-in ones in the user's language."""
    from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

    known = (
        QT_TRANSLATE_NOOP("Classes", "loss"),
        QT_TRANSLATE_NOOP("Classes", "crack"),
        QT_TRANSLATE_NOOP("Classes", "abrasion"),
        QT_TRANSLATE_NOOP("Classes", "stain"),
        QT_TRANSLATE_NOOP("Classes", "tear"),
        QT_TRANSLATE_NOOP("Classes", "overpaint"),
    )
    return QCoreApplication.translate("Classes", item.name) if item.name in known else item.name
