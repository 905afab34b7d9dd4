"""A combo box for narrow panels."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox

from app.widgets.parts import guard_wheel


def narrow_combo_box() -> QComboBox:
    """A combo box as wide as there is room, not as its longest text."""
    box = QComboBox()
    guard_wheel(box)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    return box
