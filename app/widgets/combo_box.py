"""A combo box for narrow panels."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QHelpEvent, QPaintEvent, QPalette
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QToolTip

from app.widgets.parts import guard_wheel


class NarrowComboBox(QComboBox):
    """As wide as there is room; a text that does not fit keeps its two ends, and the tooltip shows it."""

    def __init__(self) -> None:
        super().__init__()
        guard_wheel(self)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)

    @property
    def shown_text(self) -> str:
        """The current text, or the placeholder, as it is drawn."""
        room, text = self._field().width() - 2, self.currentText() or self.placeholderText()
        return self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, room)

    def _field(self) -> QRect:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        return self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the shortened text."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.shown_text
        if not self.currentText():
            option.palette.setBrush(QPalette.ColorRole.ButtonText, self.palette().placeholderText())
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Show a text that is cut above the tooltip."""
        whole = self.currentText() or self.placeholderText()
        if isinstance(event, QHelpEvent) and self.shown_text != whole:
            text = "\n".join(filter(None, (whole, self.toolTip())))
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)


def narrow_combo_box() -> QComboBox:
    """A combo box as wide as there is room, not as its longest text."""
    return NarrowComboBox()
