"""Docks that fold to their header, which shows the number, name and state of a step."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from app import theme
from app.widgets.parts import Panel, column, elided, label, repolish, restyle, tool_button

TITLE_HEIGHT = 36
"""Height of the title bar in px."""
WIDTH = 344
MINIMUM = 160
"""Minimum height of an open dock, in px; small, so that the window fits small screens."""
OPEN_HEIGHT = 16_777_215


class DockTitleBar(QFrame):
    """The header of a dock: a click opens the dock, dragging moves it."""

    clicked = Signal()

    def __init__(self, title: str, step: str) -> None:
        super().__init__()
        self.setObjectName("head")
        self.setFixedHeight(TITLE_HEIGHT)
        self.arrow = tool_button("chevron-down", self.tr("Open {0}").format(title), self.clicked.emit)
        self.badge = label(step, "step")
        self.badge.setFixedSize(18, 18)
        self.badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.badge.setVisible(bool(step))
        self.note = elided("", "small")
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
    """A dock with scrolling content that folds to its header; ``footer`` does not scroll.

    ``folded()``: the dock was folded or opened.
    """

    folded = Signal()

    def __init__(
        self, title: str, name: str, content: Panel, *, footer: QWidget | None = None, step: str = ""
    ) -> None:
        super().__init__(title)
        self.setObjectName(name)
        self.content, self.opened = content, True
        self._title, self._note = title, ""
        self._tabbed = self._attracting = False
        self.title_bar, self.footer = DockTitleBar(title, step), footer
        self.title_bar.setAccessibleName(self.tr("Open {0}").format(title))
        self.setTitleBarWidget(self.title_bar)
        self.setWidget(self._make_body())
        self.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetClosable
            | QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        self.title_bar.clicked.connect(lambda: self.open(True))
        self.topLevelChanged.connect(lambda _: self._update_folding())

    def _make_body(self) -> QWidget:
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.content)
        scroll.setMinimumSize(WIDTH, 0)
        scroll.setAccessibleName(self.windowTitle())
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it scrolls to the part that has the focus
        self._body = DockBody()
        self._body.setObjectName("panel")
        inside = column(self._body, spacing=0)
        inside.addWidget(scroll, 1)
        if self.footer is not None:
            inside.addWidget(self.footer)
        return self._body

    def open(self, opened: bool) -> None:
        """Show the content, or the header only."""
        self.opened = opened
        theme.set_icon(self.title_bar.arrow, "chevron-down" if opened else "chevron-right")
        self._update_folding()
        if opened:
            self.attract(False)
        self.folded.emit()

    def set_tabbed(self, tabbed: bool) -> None:
        """Set whether the dock is a tab; the content of tabs is always shown."""
        self._tabbed = tabbed
        self.title_bar.arrow.setHidden(tabbed)
        self._update_folding()

    @property
    def unfolded(self) -> bool:
        """Whether the content is shown."""
        return self.opened or self._tabbed or self.isFloating()

    def _update_folding(self) -> None:
        shown = self.unfolded
        self._body.setMaximumHeight(OPEN_HEIGHT if shown else 0)
        if self.footer is not None:
            self.footer.setVisible(shown)
        self.setMinimumHeight(MINIMUM if shown else TITLE_HEIGHT)
        self.setMaximumHeight(OPEN_HEIGHT if shown else TITLE_HEIGHT)

    def note(self, text: str, *, quiet: bool = False) -> None:
        """Show the state of the step in the header; ``quiet`` greys its number."""
        self._note = text
        self._show_note()
        if self.title_bar.badge.property("quiet") != quiet:
            self.title_bar.badge.setProperty("quiet", quiet)
            repolish(self.title_bar.badge)

    @property
    def attracting(self) -> bool:
        """Whether the header is highlighted."""
        return self._attracting

    def attract(self, on: bool) -> None:
        """Highlight the note, and the tab, until the step is opened; an open step needs no highlight."""
        on = self._attracting = on and not self.opened
        self._show_note()
        self.setWindowTitle(f"{self._title} •" if on else self._title)
        self.toggleViewAction().setText(self._title)

    def _show_note(self) -> None:
        self.title_bar.note.setText(f"● {self._note}" if self._attracting else self._note)
        restyle(self.title_bar.note, "news" if self._attracting else "small")
