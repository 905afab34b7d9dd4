"""The docks at the right: above each other where the window is high enough, as tabs where it is not."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer
from PySide6.QtWidgets import QMainWindow, QTabWidget

from app.jobs.call_later import call_later
from app.window.docks import Dock, shared_heights

TABBED_BELOW = 760
"""Height of the window, in px, below which the docks become tabs."""
LAYOUT_VERSION = 1


class DockColumn(QObject):
    """Arranges ``docks`` of ``window``, which :meth:`share` asks for as often as anything changes."""

    def __init__(self, window: QMainWindow, docks: Mapping[str, Dock]) -> None:
        super().__init__(window)
        self._window, self._docks = window, docks
        self._stacked: QByteArray | None = None
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(0)
        self._wait.timeout.connect(self._arrange)
        window.setTabPosition(Qt.DockWidgetArea.RightDockWidgetArea, QTabWidget.TabPosition.North)

    @property
    def tabbed(self) -> bool:
        """Whether the docks are tabs now."""
        return self._stacked is not None

    def share(self) -> None:
        """Arrange the docks anew as soon as the event loop comes round."""
        self._wait.start()

    # What is kept

    def state(self) -> QByteArray:
        """The arrangement to remember: that of a high window."""
        return self._window.saveState(LAYOUT_VERSION) if self._stacked is None else self._stacked

    def restore(self, state: QByteArray) -> None:
        """Take up a remembered arrangement."""
        self._leave_tabs()
        self._window.restoreState(state, LAYOUT_VERSION)
        self.share()

    # Arranging

    def _arrange(self) -> None:
        """Tabs or not; then give each dock what it wants, again once the new lowest heights hold."""
        if any(not dock.isHidden() for dock in self._docks.values()):
            low = self._window.height() < TABBED_BELOW
            if low and not self.tabbed:
                self._to_tabs()
            elif not low and self.tabbed:
                self._to_stack()
        self._fit()
        call_later(self, self._fit)

    def _to_tabs(self) -> None:
        self._stacked = self._window.saveState(LAYOUT_VERSION)
        right = Qt.DockWidgetArea.RightDockWidgetArea
        docks = [
            dock
            for dock in self._docks.values()
            if not dock.isFloating() and not dock.isHidden() and self._window.dockWidgetArea(dock) == right
        ]
        for dock in self._docks.values():
            dock.set_tabbed(dock in docks)
        for dock in docks[1:]:
            self._window.tabifyDockWidget(docks[0], dock)
        opened = [dock for dock in docks if dock.opened]
        for dock in (opened or docks)[:1]:
            dock.raise_()

    def _to_stack(self) -> None:
        """As it was, but for docks that were closed or shown meanwhile."""
        hidden = [dock.isHidden() for dock in self._docks.values()]
        stacked = self._stacked
        self._leave_tabs()
        if stacked is not None:
            self._window.restoreState(stacked, LAYOUT_VERSION)
        for dock, was_hidden in zip(self._docks.values(), hidden, strict=True):
            dock.setVisible(not was_hidden)

    def _leave_tabs(self) -> None:
        self._stacked = None
        for dock in self._docks.values():
            dock.set_tabbed(False)

    def _fit(self) -> None:
        docks = [dock for dock in self._docks.values() if not dock.isFloating() and dock.isVisible()]
        for dock in docks:
            dock.settle()
        if docks and not self.tabbed:
            heights = shared_heights(docks, sum(dock.height() for dock in docks))
            self._window.resizeDocks(docks, heights, Qt.Orientation.Vertical)
