"""Finds controls that can't be reached: cut off, outside the screen, or wider than their scroll area."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QScrollArea, QWidget

LOWEST = 24
"""Height in px of a control that must be visible at once."""


def controls(inside: QWidget) -> Iterator[QWidget]:
    """The visible widgets that take the focus; parts that Qt puts into its own widgets are left out."""
    for widget in inside.findChildren(QWidget):
        own = not widget.objectName().startswith("qt_")
        if own and widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
            yield widget


def unreachable(inside: QWidget) -> list[str]:
    """A line for each control in ``inside`` that can't be reached, also by scrolling."""
    from shiboken6 import isValid

    lines = (hidden_part(widget) for widget in list(controls(inside)) if isValid(widget))
    return [line for line in lines if line]


def hidden_part(widget: QWidget) -> str:
    """Describe what of ``widget`` can't be seen after scrolling to it; "" if nothing."""
    area = scroll_area(widget)
    content = None if area is None else area.widget()
    if area is not None and content is not None:
        _scroll_to(widget, area, content)
        QApplication.processEvents()
        if content.width() > area.viewport().width():
            return f"{area.accessibleName()}: wider than its place"
    if isinstance(widget, QAbstractScrollArea) and not isinstance(widget, QScrollArea):
        widget = widget.viewport()  # it covers the view itself
    visible = widget.visibleRegion().boundingRect()
    room = widget.rect() if area is None else widget.rect().intersected(area.viewport().rect())
    screen = widget.screen().availableGeometry()
    cut = visible.width() < room.width() or visible.height() < min(room.height(), LOWEST)
    if not cut and screen.contains(widget.mapToGlobal(visible.center())):
        return ""
    name = widget.accessibleName() or widget.objectName() or getattr(widget, "text", str)()
    return f"{type(widget).__name__} {name!r}: {visible} of {widget.rect()}"


def _scroll_to(widget: QWidget, area: QScrollArea, content: QWidget) -> None:
    """Scroll to the whole widget; ``ensureWidgetVisible`` is content with the text cursor of a field."""
    centre = widget.mapTo(content, widget.rect().center())
    area.ensureVisible(centre.x(), centre.y(), widget.width() // 2, widget.height() // 2 + LOWEST)


def scroll_area(widget: QWidget) -> QScrollArea | None:
    """The scroll area around ``widget``."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    return parent
