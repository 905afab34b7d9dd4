"""Widgets and layouts that all panels share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QResizeEvent
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
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.context import Context
from app.document import OpenDocument
from app.i18n.core_messages import localized
from app.theme import GRID
from app.widgets.elided_label import ElidedLabel
from app.widgets.once_button import OnceButton


class Panel(QWidget):
    """A view of the open document. :meth:`bind` connects to a new document, :meth:`refresh` shows its state.

    ``summary_changed(str)``: the text beside the title. ``changes_document``: everything in the panel changes
    the document, so that the panel is disabled, with the reason at its top, while the document is read-only.
    """

    summary_changed = Signal(str)
    changes_document: ClassVar[bool] = False

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.context = context
        self.column = column(self, margin=12)
        self.column.setContentsMargins(12, 4, 12, 12)
        self.notice = label("", "warn", wrap=True)
        self._shield = QWidget(self)
        """Covers the disabled panel, so that its tooltip, the reason, appears instead of those below."""
        for widget in (self.notice, self._shield):
            widget.hide()
        self.column.addWidget(self.notice)
        context.document_changed.connect(self._rebind)

    @property
    def document(self) -> OpenDocument | None:
        """The open document."""
        return self.context.document

    def bind(self, document: OpenDocument) -> None:
        """Connect to the signals of a new document."""

    def refresh(self) -> None:
        """Show the current state of the document."""

    def _rebind(self, document: OpenDocument | None) -> None:
        if document is not None:
            self.bind(document)
            document.renamed.connect(self.update_access)
        self.refresh()
        self.update_access()

    @property
    def read_only(self) -> str:
        """Why the document can't be changed, in the user's language; "" if it can."""
        return localized(self.document.read_only) if self.document is not None else ""

    def update_access(self) -> None:
        """Disable what changes the document while it is read-only, and say why."""
        reason = self.read_only if self.changes_document else ""
        self.setEnabled(self.document is not None and not reason)
        self.notice.setText(reason)
        self.notice.setVisible(bool(reason))
        self._shield.setToolTip(reason)
        self._shield.setVisible(bool(reason))
        self._shield.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Cover the whole panel."""
        super().resizeEvent(event)
        self._shield.resize(self.size())


def column(parent: QWidget | None = None, *, margin: int = 0, spacing: int = GRID) -> QVBoxLayout:
    """Create a vertical layout on the grid."""
    layout = QVBoxLayout(parent) if parent is not None else QVBoxLayout()
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
    return layout


def row(*items: QWidget | int | None, spacing: int = GRID) -> QHBoxLayout:
    """Create a horizontal layout; None is a stretch, a number a gap in px."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(item)
        else:
            layout.addWidget(item)
    return layout


def label(text: str = "", kind: str = "", *, wrap: bool = False) -> QLabel:
    """Create a label; ``kind``: title, heading, soft, small, unit, good, warn or bad."""
    widget = QLabel(text)
    widget.setObjectName(kind)
    widget.setWordWrap(wrap)
    if wrap:
        widget.setMinimumWidth(1)  # a long path must not widen the window
    return widget


def elided(text: str = "", kind: str = "") -> ElidedLabel:
    """Create a one-line label that elides its text."""
    widget = ElidedLabel(text)
    widget.setTextFormat(Qt.TextFormat.PlainText)
    widget.setObjectName(kind)
    return widget


def explain(widget: QWidget, reason: str) -> None:
    """Show ``reason`` instead of the tooltip of a disabled ``widget``; "" shows its own tooltip again."""
    own = widget.property("own_tip")
    if reason:
        widget.setProperty("own_tip", widget.toolTip() if own is None else own)
        widget.setToolTip(reason)
    elif own is not None:
        widget.setProperty("own_tip", None)
        widget.setToolTip(own)


def restyle(widget: QWidget, kind: str) -> None:
    """Change the ``kind`` of a label or frame."""
    if widget.objectName() != kind:
        widget.setObjectName(kind)
        repolish(widget)


def repolish(widget: QWidget) -> None:
    """Apply the style sheet again after names or properties have changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def rule() -> QFrame:
    """Create a thin horizontal line."""
    widget = QFrame()
    widget.setObjectName("rule")
    return widget


def button(
    text: str,
    slot: Callable[[], object] | None = None,
    *,
    icon: str = "",
    tip: str = "",
    primary: bool = False,
    checkable: bool = False,
    once: bool = False,
) -> QPushButton:
    """Create a push button; ``primary`` marks the main action of a panel; for ``once`` see `OnceButton`."""
    widget = OnceButton(text) if once else QPushButton(text)
    widget.setToolTip(tip)
    widget.setCheckable(checkable)
    if primary:
        widget.setObjectName("primary")
    if icon:
        theme.set_icon(widget, icon)
    if slot is not None:
        widget.clicked.connect(lambda: slot())
    return widget


def tool_button(
    icon: str, name: str, slot: Callable[[], object] | None = None, *, checkable: bool = False
) -> QToolButton:
    """Create a small button with an icon; ``name`` is its tooltip and accessible name."""
    widget = QToolButton()
    widget.setObjectName("quiet")
    widget.setToolTip(name)
    widget.setAccessibleName(name)
    widget.setCheckable(checkable)
    theme.set_icon(widget, icon)
    if slot is not None:
        widget.clicked.connect(lambda: slot())
    return widget


class _WheelGuard(QObject):
    """Event filter that ignores wheel events of a field without focus, so that the panel scrolls."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def guard_wheel(field: QWidget) -> None:
    """Let the wheel change ``field`` only while it has the focus, and scroll the panel otherwise."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_WheelGuard(field))


class SegmentedControl(QWidget):
    """Exclusive choices as buttons side by side. ``chosen(key)``: the user has chosen."""

    chosen = Signal(str)

    def __init__(self, choices: Iterable[tuple[str, str, str]], name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        for key, text, tip in choices:
            widget = button(text, tip=tip, checkable=True)
            widget.setObjectName("segment")
            widget.setProperty("first", not self._buttons)
            widget.setAccessibleName(f"{name}: {text}")
            widget.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            self._group.addButton(widget)
            self._buttons[key] = widget
            across.addWidget(widget, 1)

    @property
    def value(self) -> str:
        """The chosen key, "" for none."""
        return next((key for key, widget in self._buttons.items() if widget.isChecked()), "")

    def choose(self, key: str) -> None:
        """Select ``key`` without emitting ``chosen``."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)

    def allow(self, key: str, allowed: bool, tip: str = "") -> None:
        """Enable or disable ``key``; ``tip`` says why it is disabled."""
        self._buttons[key].setEnabled(allowed)
        self._buttons[key].setToolTip(tip)


class Amount(QWidget):
    """A number as a slider and a field with its unit. ``changed(float)``: the user has changed it."""

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
        self.slider.setMinimumWidth(48)
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
        """The current number."""
        return self.field.value()

    @value.setter
    def value(self, value: float) -> None:
        blockers = QSignalBlocker(self.slider), QSignalBlocker(self.field)
        self.slider.setValue(round(value / self._step))
        self.field.setValue(value)
        del blockers

    def compact(self) -> None:
        """Take little width, for a line with other widgets."""
        self._label.setMinimumWidth(0)
        self.slider.setMinimumWidth(32)

    def hide_label(self) -> None:
        """Show the slider and the field only; the name is shown elsewhere."""
        self._label.hide()

    def reach(self, value: float) -> None:
        """Extend the range upwards so that it contains ``value``."""
        if value > self.field.maximum():
            blockers = QSignalBlocker(self.slider), QSignalBlocker(self.field)
            self.field.setMaximum(value)
            self.slider.setMaximum(round(value / self._step))
            del blockers

    def _moved(self, value: float) -> None:
        self.value = value
        self.changed.emit(self.value)

    def _typed(self, value: float) -> None:
        self.value = value
        self.changed.emit(value)


class CollapsibleSection(QWidget):
    """A section with a heading that expands and collapses it."""

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
        self.head.toggled.connect(self._set_open)
        self.head.setChecked(opened)
        self._set_open(opened)

    def _set_open(self, opened: bool) -> None:
        self.body.setVisible(opened)
        theme.set_icon(self.head, "chevron-down" if opened else "chevron-right")


class Card(QFrame):
    """A framed note for an empty panel: says what belongs there and what to do."""

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
    """Create a grid layout with a column of names and a column of fields."""
    layout = QGridLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setHorizontalSpacing(GRID)
    layout.setVerticalSpacing(GRID)
    layout.setColumnStretch(1, 1)
    return layout


def clear(layout: QVBoxLayout | QHBoxLayout | QGridLayout) -> None:
    """Remove and delete everything in a layout."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)  # type: ignore[arg-type]
