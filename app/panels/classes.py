"""The damage classes: colour, name, filled or recorded only, area, shown, locked."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QColorDialog, QHBoxLayout, QInputDialog, QLineEdit, QToolButton, QWidget

from app import theme
from app.context import Context
from app.document import OpenDocument
from app.panels.parts import clear, column, label, repolish, tool_button
from imagest_core.damage.classes import DamageClass, Policy
from imagest_core.project.operations import settings
from imagest_core.project.state import Calibration

COUNT_WAIT = 150
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
        across = QHBoxLayout(self)
        across.setContentsMargins(4, 0, 4, 0)
        across.setSpacing(4)
        self.area = label("–", "unit")
        self.area.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for widget in (self._swatch(), self._name(), self._policy()):
            across.addWidget(widget)
        across.addWidget(self.area, 1)
        across.addWidget(self._shown())
        across.addWidget(self._locked())

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
        made = label(class_name(self.item))
        made.setMinimumWidth(88)
        made.setToolTip(self.tr("Double-click to rename"))
        return made

    def _policy(self) -> QToolButton:
        made = QToolButton()
        made.setObjectName("quiet")
        made.setText(self.tr("fill") if self.item.filled else self.tr("record"))
        made.setFixedWidth(56)
        made.setToolTip(
            self.tr("Filled by a restoration; click to record it only")
            if self.item.filled
            else self.tr("Recorded and counted, left as it is; click to fill it")
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

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._rows: dict[int, ClassRow] = {}
        self._only_chosen = False
        self._column = column(self, spacing=0)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(COUNT_WAIT)
        self._wait.timeout.connect(self._count)
        context.selection.label_changed.connect(lambda _: self._mark())

    def bind(self, document: OpenDocument) -> None:
        """Follow ``document``."""
        document.classes_changed.connect(self.refresh)
        document.damage_changed.connect(lambda _: self._wait.start())
        document.calibration_changed.connect(self._wait.start)

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
        self._wait.start()

    def add(self) -> None:
        """A class of the user's own."""
        document = self._context.document
        name, said = QInputDialog.getText(self, self.tr("New damage class"), self.tr("Name"))
        if document is None or not said or not name.strip():
            return
        label_ = next(n for n in range(1, 256) if n not in self._rows)
        made = DamageClass(label_, name.strip(), OWN_COLOURS[label_ % len(OWN_COLOURS)])
        if self._context.do(settings.add_class(document.state, made)):
            self._context.selection.label = label_

    def show_only_chosen(self, only: bool) -> None:
        """Leave room for something else: show the chosen class alone, or all again."""
        self._only_chosen = only
        self._mark()

    def _mark(self) -> None:
        for number, made in self._rows.items():
            chosen = number == self._context.selection.label
            made.mark(chosen)
            made.setVisible(chosen or not self._only_chosen)

    def _count(self) -> None:
        document = self._context.document
        if document is not None:
            self._context.background.latest("counts", document.state.damage.copy().counts, self._show)

    def _show(self, counts: dict[int, int]) -> None:
        document = self._context.document
        if document is None:
            return
        for number, made in self._rows.items():
            pixels = counts.get(number, 0)
            made.area.setText(area_text(pixels, document.state.calibration))
            made.area.setToolTip(area_tip(pixels, document.state.damage.box.area, document.state.calibration))
        self.counted.emit(counts)


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


def area_text(pixels: int, scale: Calibration | None) -> str:
    """An area in mm² or cm² where the scale is known, else in px."""
    if not pixels:
        return "–"
    if scale is None:
        return f"{pixels:,} px"
    square = pixels / (scale.resolution.px_per_mm_x * scale.resolution.px_per_mm_y)
    return f"{square / 100:.1f} cm²" if square >= 1000 else f"{square:.1f} mm²"


def area_tip(pixels: int, whole: int, scale: Calibration | None) -> str:
    """Every unit, and where the scale comes from."""
    parts = [f"{pixels:,} px", f"{pixels / whole:.3%}"]
    if scale is not None:
        parts += [
            area_text(pixels, scale),
            f"{scale.resolution.px_per_mm_x:.2f} px/mm ({scale.resolution.source})",
        ]
    return "  ·  ".join(parts)
