"""Docks that fold to their title: a step's number, its name, and a word on how it stands."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QWidget

from app import theme
from app.widgets.parts import Panel, column, label, repolish, tool_button

HEAD = 36
"""Height of a dock's title, in px."""
WIDTH = 344
SCROLL_BAR = 10
"""Room for it is left, in px: where it came and went a text would wrap anew each time."""
LEAST = 96
"""An open dock gets at least so much where there is room."""
FLOOR = 64
"""An open dock is never lower, so that the window fits small screens."""
OPEN_HEIGHT = 16_777_215


class DockTitleBar(QFrame):
    """The title bar of a dock; a click folds it, a drag moves it."""

    clicked = Signal()

    def __init__(self, title: str, step: str) -> None:
        super().__init__()
        self.setObjectName("head")
        self.setFixedHeight(HEAD)
        self.arrow = tool_button("chevron-down", self.tr("Fold or open {0}").format(title), self.clicked.emit)
        self.badge = label(step, "step")
        self.badge.setFixedSize(18, 18)
        self.badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.badge.setVisible(bool(step))
        self.note = label("", "small")
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        across = QHBoxLayout(self)
        across.setContentsMargins(12, 0, 8, 0)
        across.setSpacing(8)
        across.addWidget(self.badge)
        across.addWidget(label(title, "heading"))
        across.addWidget(self.note, 1)
        across.addWidget(self.arrow)
        self._pressed = False

    def sizeHint(self) -> QSize:  # noqa: N802
        """As high as every other title."""
        return QSize(WIDTH, HEAD)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Not less."""
        return QSize(WIDTH, HEAD)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Remember a press, and let the dock see it too."""
        self._pressed = True
        event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click without a drag folds."""
        if self._pressed and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
        self._pressed = False
        event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A drag is no click."""
        self._pressed = False
        event.ignore()


class DockBody(QWidget):
    """What is below the title: it gives way to almost nothing, with its footer too."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Never the sum of what is inside: the window has to fit small screens."""
        return QSize(WIDTH, FLOOR - HEAD)


class Dock(QDockWidget):
    """A dock whose content scrolls and which folds to its title; ``footer`` stays in sight.

    Mostly a list where it ``scrolls``: that gives way where there is little room.

    ``folded()``: it was folded or opened; ``reshaped()``: its content wants more or less room.
    """

    folded = Signal()
    reshaped = Signal()

    def __init__(
        self,
        title: str,
        name: str,
        content: Panel,
        *,
        footer: QWidget | None = None,
        step: str = "",
        scrolls: bool = False,
    ) -> None:
        super().__init__(title)
        self.setObjectName(name)
        self.content, self.scrolls, self.opened = content, scrolls, True
        self._tabbed = False
        self.head, self.footer = DockTitleBar(title, step), footer
        self.setTitleBarWidget(self.head)
        self.setWidget(self._make_body())
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetClosable
            | QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        self.head.clicked.connect(lambda: None if self._tabbed else self.open(not self.opened))
        self._wanted = 0
        for part in (content, footer):
            if part is not None:
                part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Tell when the layout of the content or the footer wants another height."""
        if event.type() == QEvent.Type.LayoutRequest and self.wanted_height() != self._wanted:
            self._wanted = self.wanted_height()
            self.reshaped.emit()
        return super().eventFilter(watched, event)

    def _make_body(self) -> QWidget:
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.content)
        scroll.setMinimumSize(WIDTH, 0)
        scroll.setAccessibleName(self.windowTitle())
        self._body = DockBody()
        self._body.setObjectName("panel")
        inside = column(self._body, spacing=0)
        inside.addWidget(scroll, 1)
        if self.footer is not None:
            inside.addWidget(self.footer)
        return self._body

    def open(self, opened: bool) -> None:
        """Show the content, or the title alone."""
        self.opened = opened
        theme.set_icon(self.head.arrow, "chevron-down" if opened else "chevron-right")
        self._unfold()
        self.folded.emit()

    def set_tabbed(self, tabbed: bool) -> None:
        """Whether it is one of several tabs: then its content is shown, folded or not."""
        self._tabbed = tabbed
        self.head.arrow.setHidden(tabbed)
        self._unfold()

    @property
    def unfolded(self) -> bool:
        """Whether the content is shown."""
        return self.opened or self._tabbed

    def _unfold(self) -> None:
        shown = self.unfolded
        self._body.setMaximumHeight(OPEN_HEIGHT if shown else 0)
        if self.footer is not None:
            self.footer.setVisible(shown)
        self.settle()
        self.setMaximumHeight(OPEN_HEIGHT if shown else HEAD)

    def settle(self) -> None:
        """Never be lower than the title, or where it is open a little of the content."""
        self.setMinimumHeight(min(self.least_height(), FLOOR) if self.unfolded else HEAD)

    def _least(self) -> int:
        return max(LEAST, HEAD + getattr(self.content, "least", 0) + self._foot())

    def _foot(self) -> int:
        return height_at(self.footer, self._body.width()) if self.footer is not None else 0

    def wanted_height(self) -> int:
        """What the title and the content would like, in px."""
        if not self.unfolded:
            return HEAD
        return HEAD + height_at(self.content, self._body.width() - SCROLL_BAR) + self._foot()

    def least_height(self) -> int:
        """What it is still of use with, in px."""
        return min(self.wanted_height(), self._least())

    def note(self, text: str, *, quiet: bool = False) -> None:
        """A word on how this step stands; ``quiet`` greys its number."""
        self.head.note.setText(text)
        if self.head.badge.property("quiet") != quiet:
            self.head.badge.setProperty("quiet", quiet)
            repolish(self.head.badge)


def height_at(widget: QWidget, width: int) -> int:
    """What ``widget`` wants where it is ``width`` px wide and its texts wrap."""
    wraps = widget.hasHeightForWidth() and width > 0
    return widget.heightForWidth(width) if wraps else widget.sizeHint().height()


def shared_heights(docks: Sequence[Dock], room: int) -> list[int]:
    """The heights (px) of docks above each other: what they want; where that is more than ``room``, lists,
    which are easily scrolled, give way first, then the others from the lowest up: to the least height that
    is of use, and only where that is still too much to ``FLOOR``."""
    heights = [dock.wanted_height() for dock in docks]
    order = sorted(range(len(docks)), key=lambda place: (not docks[place].scrolls, -place))
    for least in (Dock.least_height, Dock.minimumHeight):
        for place in order:
            missing = sum(heights) - room
            if missing > 0 and docks[place].unfolded:
                heights[place] = max(heights[place] - missing, least(docks[place]))
    return heights


def empty_label(text: str) -> QLabel:
    """A soft sentence in the middle of an empty place."""
    made = label(text, "soft", wrap=True)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made
