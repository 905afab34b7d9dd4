"""Docks that fold to their title bar, which shows the number, name and state of a step."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QWidget

from app import theme
from app.widgets.parts import Panel, column, label, repolish, tool_button

TITLE_HEIGHT = 36
"""Height of the title bar in px."""
WIDTH = 344
SCROLL_BAR = 10
"""Space reserved for the scroll bar, in px, so that texts do not wrap differently when it appears."""
PREFERRED_MINIMUM = 96
"""Preferred minimum height of an open dock, in px."""
MINIMUM = 64
"""Absolute minimum height of an open dock, in px; small, so that the window fits small screens."""
OPEN_HEIGHT = 16_777_215


class DockTitleBar(QFrame):
    """The title bar of a dock: a click folds the dock, dragging moves it."""

    clicked = Signal()

    def __init__(self, title: str, step: str) -> None:
        super().__init__()
        self.setObjectName("head")
        self.setFixedHeight(TITLE_HEIGHT)
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
        return QSize(WIDTH, TITLE_HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(WIDTH, TITLE_HEIGHT)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Record the press and pass it on to the dock."""
        self._pressed = True
        event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Emit ``clicked`` unless the mouse was dragged."""
        if self._pressed and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
        self._pressed = False
        event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._pressed = False
        event.ignore()


class DockBody(QWidget):
    """The content below the title bar; its minimum height does not depend on the content."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """A small fixed height, so that the window fits small screens."""
        return QSize(WIDTH, MINIMUM - TITLE_HEIGHT)


class Dock(QDockWidget):
    """A dock with scrolling content that folds to its title bar; ``footer`` does not scroll.

    ``scrolls``: the content is mostly a list, which is shrunk first if space is short. ``folded()``: the
    dock was folded or opened; ``reshaped()``: the preferred height of the content has changed.
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
        self.title_bar, self.footer = DockTitleBar(title, step), footer
        self.setTitleBarWidget(self.title_bar)
        self.setWidget(self._make_body())
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetClosable
            | QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        self.title_bar.clicked.connect(lambda: None if self._tabbed else self.open(not self.opened))
        self._last_height = 0
        for part in (content, footer):
            if part is not None:
                part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Emit ``reshaped`` when the layout of content or footer requests another height."""
        if event.type() == QEvent.Type.LayoutRequest and self.preferred_height() != self._last_height:
            self._last_height = self.preferred_height()
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
        """Show the content, or the title bar only."""
        self.opened = opened
        theme.set_icon(self.title_bar.arrow, "chevron-down" if opened else "chevron-right")
        self._update_folding()
        self.folded.emit()

    def set_tabbed(self, tabbed: bool) -> None:
        """Set whether the dock is a tab; the content of tabs is always shown."""
        self._tabbed = tabbed
        self.title_bar.arrow.setHidden(tabbed)
        self._update_folding()

    @property
    def unfolded(self) -> bool:
        """Whether the content is shown."""
        return self.opened or self._tabbed

    def _update_folding(self) -> None:
        shown = self.unfolded
        self._body.setMaximumHeight(OPEN_HEIGHT if shown else 0)
        if self.footer is not None:
            self.footer.setVisible(shown)
        self.update_minimum()
        self.setMaximumHeight(OPEN_HEIGHT if shown else TITLE_HEIGHT)

    def update_minimum(self) -> None:
        """Set the minimum height: the title bar, and some of the content if the dock is open."""
        self.setMinimumHeight(min(self.useful_height(), MINIMUM) if self.unfolded else TITLE_HEIGHT)

    def _preferred_minimum(self) -> int:
        return max(
            PREFERRED_MINIMUM, TITLE_HEIGHT + getattr(self.content, "least", 0) + self._footer_height()
        )

    def _footer_height(self) -> int:
        return height_at(self.footer, self._body.width()) if self.footer is not None else 0

    def preferred_height(self) -> int:
        """Preferred height of title bar and content in px."""
        if not self.unfolded:
            return TITLE_HEIGHT
        return TITLE_HEIGHT + height_at(self.content, self._body.width() - SCROLL_BAR) + self._footer_height()

    def useful_height(self) -> int:
        """The least useful height in px."""
        return min(self.preferred_height(), self._preferred_minimum())

    def note(self, text: str, *, quiet: bool = False) -> None:
        """Show the state of the step in the title bar; ``quiet`` greys its number."""
        self.title_bar.note.setText(text)
        if self.title_bar.badge.property("quiet") != quiet:
            self.title_bar.badge.setProperty("quiet", quiet)
            repolish(self.title_bar.badge)


def height_at(widget: QWidget, width: int) -> int:
    """Preferred height of ``widget`` at a width of ``width`` px, with wrapped texts."""
    wraps = widget.hasHeightForWidth() and width > 0
    return widget.heightForWidth(width) if wraps else widget.sizeHint().height()


def shared_heights(docks: Sequence[Dock], available: int) -> list[int]:
    """Heights in px of stacked docks.

    All get their preferred height if ``available`` px suffice. Otherwise lists are shrunk first, then the
    other docks from the bottom up: to their useful height, and if that is not enough, to ``MINIMUM``.
    """
    heights = [dock.preferred_height() for dock in docks]
    order = sorted(range(len(docks)), key=lambda place: (not docks[place].scrolls, -place))
    for least in (Dock.useful_height, Dock.minimumHeight):
        for place in order:
            excess = sum(heights) - available
            if excess > 0 and docks[place].unfolded:
                heights[place] = max(heights[place] - excess, least(docks[place]))
    return heights


def empty_label(text: str) -> QLabel:
    """Create a centred label for an empty area."""
    made = label(text, "soft", wrap=True)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made
