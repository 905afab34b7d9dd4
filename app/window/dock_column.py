"""The docks at the right: stacked if the window is high enough, otherwise as tabs."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer
from PySide6.QtWidgets import QMainWindow, QTabWidget

from app.jobs.call_later import call_later
from app.window.docks import Dock, shared_heights

TABBED_BELOW = 760
"""Window height, in px, below which the docks become tabs."""
LAYOUT_VERSION = 1


class DockColumn(QObject):
    """Arranges ``docks`` of ``window``; :meth:`share` requests it after every change."""

    def __init__(self, window: QMainWindow, docks: Mapping[str, Dock]) -> None:
        super().__init__(window)
        self._window, self._docks = window, docks
        self._stacked_state: QByteArray | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._arrange)
        window.setTabPosition(Qt.DockWidgetArea.RightDockWidgetArea, QTabWidget.TabPosition.North)

    @property
    def tabbed(self) -> bool:
        """Whether the docks are tabs."""
        return self._stacked_state is not None

    def share(self) -> None:
        """Arrange the docks again in the next turn of the event loop."""
        self._timer.start()

    # State

    def state(self) -> QByteArray:
        """The arrangement to store: the stacked one."""
        return self._window.saveState(LAYOUT_VERSION) if self._stacked_state is None else self._stacked_state

    def restore(self, state: QByteArray) -> None:
        """Restore a stored arrangement."""
        self._leave_tabs()
        self._window.restoreState(state, LAYOUT_VERSION)
        self.share()

    # Arranging

    def _arrange(self) -> None:
        """Switch between stack and tabs, then distribute the heights, once more with new minimum heights."""
        if any(not dock.isHidden() for dock in self._docks.values()):
            low = self._window.height() < TABBED_BELOW
            if low and not self.tabbed:
                self._show_as_tabs()
            elif not low and self.tabbed:
                self._show_as_stack()
        self._distribute()
        call_later(self, self._distribute)

    def _show_as_tabs(self) -> None:
        self._stacked_state = self._window.saveState(LAYOUT_VERSION)
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

    def _show_as_stack(self) -> None:
        """Restore the stacked arrangement; docks keep their current visibility."""
        hidden = [dock.isHidden() for dock in self._docks.values()]
        stacked = self._stacked_state
        self._leave_tabs()
        if stacked is not None:
            self._window.restoreState(stacked, LAYOUT_VERSION)
        for dock, was_hidden in zip(self._docks.values(), hidden, strict=True):
            dock.setVisible(not was_hidden)

    def _leave_tabs(self) -> None:
        self._stacked_state = None
        for dock in self._docks.values():
            dock.set_tabbed(False)

    def _distribute(self) -> None:
        docks = [dock for dock in self._docks.values() if not dock.isFloating() and dock.isVisible()]
        for dock in docks:
            dock.update_minimum()
        if docks and not self.tabbed:
            heights = shared_heights(docks, sum(dock.height() for dock in docks))
            self._window.resizeDocks(docks, heights, Qt.Orientation.Vertical)
