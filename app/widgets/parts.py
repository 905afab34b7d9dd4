"""The few pieces that every panel is put together from, so that they look and behave alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.context import Context
from app.document import OpenDocument
from app.theme import GRID


class Panel(QWidget):
    """A view of the open document; :meth:`bind` connects to a new one, :meth:`refresh` shows it.

    ``reshaped()``: the preferred height has changed. ``summary_changed(str)``: the text beside the title.
    """

    reshaped = Signal()
    summary_changed = Signal(str)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.context = context
        self.column = column(self, margin=12)
        self.column.setContentsMargins(12, 4, 12, 12)
        context.document_changed.connect(self._rebind)

    @property
    def document(self) -> OpenDocument | None:
        """What is open."""
        return self.context.document

    def bind(self, document: OpenDocument) -> None:
        """Connect to the signals of a new document."""

    def refresh(self) -> None:
        """Show what the document says now."""

    def _rebind(self, document: OpenDocument | None) -> None:
        self.setEnabled(document is not None)
        if document is not None:
            self.bind(document)
        self.refresh()


def column(parent: QWidget | None = None, *, margin: int = 0, spacing: int = GRID) -> QVBoxLayout:
    """A vertical layout on the grid."""
    made = QVBoxLayout(parent) if parent is not None else QVBoxLayout()
    made.setContentsMargins(margin, margin, margin, margin)
    made.setSpacing(spacing)
    return made


def row(*items: QWidget | int | None, spacing: int = GRID) -> QHBoxLayout:
    """Widgets side by side; None stretches, a number is a gap in px."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(spacing)
    for item in items:
        if item is None:
            made.addStretch(1)
        elif isinstance(item, int):
            made.addSpacing(item)
        else:
            made.addWidget(item)
    return made


def label(text: str = "", kind: str = "", *, wrap: bool = False) -> QLabel:
    """A text; ``kind``: title, heading, soft, small, unit, good, warn or bad."""
    made = QLabel(text)
    made.setObjectName(kind)
    made.setWordWrap(wrap)
    if wrap:
        made.setMinimumWidth(1)  # a long path in it must not widen the window
    return made


class ElidedLabel(QLabel):
    """One line that ends in … where there is no room for it; the whole is its tooltip then."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Room for a few letters, however long the text is."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), 4 * GRID), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw as much as there is room for."""
        area = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        painter = QPainter(self)
        self.style().drawItemText(
            painter, area, self.alignment(), self.palette(), self.isEnabled(), text, self.foregroundRole()
        )
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Tell the whole text where it isn't seen."""
        cut = self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()
        if cut and isinstance(event, QHelpEvent) and not self.toolTip():
            QToolTip.showText(event.globalPos(), self.text(), self)
            return True
        return super().event(event)


def elided(text: str = "", kind: str = "") -> ElidedLabel:
    """A :func:`label` of one line that gives way."""
    made = ElidedLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setObjectName(kind)
    return made


def restyle(widget: QWidget, kind: str) -> None:
    """Give a label or frame another ``kind``."""
    if widget.objectName() != kind:
        widget.setObjectName(kind)
        repolish(widget)


def repolish(widget: QWidget) -> None:
    """Let the style layers see changed names and properties."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def rule() -> QFrame:
    """A thin line."""
    made = QFrame()
    made.setObjectName("rule")
    return made


def button(
    text: str,
    slot: Callable[[], object] | None = None,
    *,
    icon: str = "",
    tip: str = "",
    primary: bool = False,
    checkable: bool = False,
) -> QPushButton:
    """A push button; ``primary`` is the one thing to do next in its panel."""
    made = QPushButton(text)
    made.setToolTip(tip)
    made.setCheckable(checkable)
    if primary:
        made.setObjectName("primary")
    if icon:
        theme.set_icon(made, icon)
    if slot is not None:
        made.clicked.connect(lambda: slot())
    return made


def tool_button(
    icon: str, name: str, slot: Callable[[], object] | None = None, *, checkable: bool = False
) -> QToolButton:
    """A small button with an icon; ``name`` is its tooltip and what a screen reader says."""
    made = QToolButton()
    made.setObjectName("quiet")
    made.setToolTip(name)
    made.setAccessibleName(name)
    made.setCheckable(checkable)
    theme.set_icon(made, icon)
    if slot is not None:
        made.clicked.connect(lambda: slot())
    return made


class _WheelGuard(QObject):
    """Leaves the wheel to the panel around a field that has no focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Pass the wheel on where the user is not at work in the field."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def guard_wheel(field: QWidget) -> None:
    """Let the wheel scroll the panel, and change ``field`` only while that has the focus."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_WheelGuard(field))


class SegmentedControl(QWidget):
    """A few exclusive choices side by side: ``chosen(key)``."""

    chosen = Signal(str)

    def __init__(self, choices: Iterable[tuple[str, str, str]], name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._group, self._buttons = QButtonGroup(self), {}
        across = QHBoxLayout(self)
        across.setContentsMargins(1, 0, 0, 0)
        across.setSpacing(0)
        for key, text, tip in choices:
            made = button(text, tip=tip, checkable=True)
            made.setObjectName("segment")
            made.setAccessibleName(f"{name}: {text}")
            made.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            self._group.addButton(made)
            self._buttons[key] = made
            across.addWidget(made, 1)

    @property
    def value(self) -> str:
        """The key that is chosen, "" for none."""
        return next((key for key, made in self._buttons.items() if made.isChecked()), "")

    def choose(self, key: str) -> None:
        """Show ``key`` as chosen, without telling."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)

    def allow(self, key: str, allowed: bool, tip: str = "") -> None:
        """Whether ``key`` can be chosen, and why not."""
        self._buttons[key].setEnabled(allowed)
        self._buttons[key].setToolTip(tip)


class Amount(QWidget):
    """A number as a slider and a field with its unit: ``changed(float)`` while it moves."""

    changed = Signal(float)

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        value: float,
        *,
        unit: str = "",
        step: float = 1,
        tip: str = "",
        special: str = "",
    ) -> None:
        super().__init__()
        self._step = step
        self.field = QDoubleSpinBox()
        self.field.setDecimals(0 if step >= 1 else 2)
        self.field.setRange(low, high)
        self.field.setSingleStep(step)
        self.field.setSpecialValueText(special)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.field.setAccessibleName(name)
        self.field.setFixedWidth(72)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(low / step), round(high / step))
        self.slider.setAccessibleName(name)
        self.slider.setMinimumWidth(64)
        for part in (self.field, self.slider):
            guard_wheel(part)
        self._label = label(name)
        self._label.setMinimumWidth(96)
        self.setToolTip(tip)
        unit_label = label(unit, "unit")
        unit_label.setFixedWidth(24)
        across = row(self._label, self.slider, self.field, unit_label)
        across.setStretch(1, 1)
        self.setLayout(across)
        self.value = value
        self.slider.valueChanged.connect(lambda at: self._moved(at * self._step))
        self.field.valueChanged.connect(self._typed)

    @property
    def value(self) -> float:
        """The number."""
        return self.field.value()

    @value.setter
    def value(self, value: float) -> None:
        blockers = QSignalBlocker(self.slider), QSignalBlocker(self.field)
        self.slider.setValue(round(value / self._step))
        self.field.setValue(value)
        del blockers

    def _moved(self, value: float) -> None:
        self.value = value
        self.changed.emit(self.value)

    def _typed(self, value: float) -> None:
        self.value = value
        self.changed.emit(value)


class CollapsibleSection(QWidget):
    """A heading that opens and closes what is below it."""

    def __init__(self, title: str, body: QWidget, *, opened: bool = False) -> None:
        super().__init__()
        self.head = QToolButton()
        self.head.setObjectName("fold")
        self.head.setText(title)
        self.head.setCheckable(True)
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.body = body
        inside = column(self, spacing=4)
        inside.addWidget(self.head)
        inside.addWidget(body)
        self.head.toggled.connect(self._turn)
        self.head.setChecked(opened)
        self._turn(opened)

    def _turn(self, opened: bool) -> None:
        self.body.setVisible(opened)
        theme.set_icon(self.head, "chevron-down" if opened else "chevron-right")


class Card(QFrame):
    """A framed note: an empty state that says what belongs here and what to do."""

    def __init__(self, title: str, text: str, *buttons: QWidget) -> None:
        super().__init__()
        self.setObjectName("card")
        inside = column(self, margin=12)
        self.title, self.text = label(title, "heading", wrap=True), label(text, "soft", wrap=True)
        inside.addWidget(self.title)
        inside.addWidget(self.text)
        if buttons:
            inside.addLayout(row(*buttons, None))


def form() -> QGridLayout:
    """Two columns: names and what belongs to them."""
    made = QGridLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setHorizontalSpacing(GRID)
    made.setVerticalSpacing(GRID)
    made.setColumnStretch(1, 1)
    return made


def clear(layout: QVBoxLayout | QHBoxLayout | QGridLayout) -> None:
    """Take everything out of a layout."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)  # type: ignore[arg-type]
