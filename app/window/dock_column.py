"""The docks at the right: an accordion if the window is high enough, otherwise tabs. One step is open."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget

from app.jobs.call_later import call_later
from app.window.docks import TITLE_HEIGHT, Dock

TABBED_BELOW = 760
"""Window height, in px, below which the docks become tabs."""
LAYOUT_VERSION = 1


class DockColumn(QObject):
    """Arranges ``docks`` of ``window``; :meth:`share` requests it after every change.

    Opening a dock closes the others; a dock that floats or was moved to another side is not affected.
    """

    def __init__(self, window: QMainWindow, docks: Mapping[str, Dock]) -> None:
        super().__init__(window)
        self._window, self._docks = window, docks
        self._stacked_state: QByteArray | None = None
        self._arranging = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._arrange)
        for dock in docks.values():
            dock.folded.connect(lambda dock=dock: self._folded(dock))
            dock.topLevelChanged.connect(lambda _: self.share())
            dock.toggleViewAction().triggered.connect(lambda _: self.share())
        window.tabifiedDockWidgetActivated.connect(self._tab_chosen)
        window.setTabPosition(Qt.DockWidgetArea.RightDockWidgetArea, QTabWidget.TabPosition.North)

    @property
    def tabbed(self) -> bool:
        """Whether the docks are tabs."""
        return self._stacked_state is not None

    def share(self) -> None:
        """Arrange the docks again in the next turn of the event loop."""
        self._timer.start()

    # One open step

    def _members(self) -> list[Dock]:
        """The docks that share the column at the right."""
        right = Qt.DockWidgetArea.RightDockWidgetArea
        return [
            dock
            for dock in self._docks.values()
            if not dock.isFloating() and not dock.isHidden() and self._window.dockWidgetArea(dock) == right
        ]

    def _folded(self, dock: Dock) -> None:
        """Close the other docks after ``dock`` was opened."""
        members = self._members()
        if dock.opened and dock in members:
            for other in members:
                if other is not dock and other.opened:
                    other.open(False)
            if self.tabbed:
                dock.raise_()
        self.share()

    def _tab_chosen(self, dock: QDockWidget) -> None:
        """Record that the user chose the tab of ``dock``."""
        if self.tabbed and not self._arranging and isinstance(dock, Dock) and not dock.opened:
            dock.open(True)

    def _keep_one_open(self) -> None:
        """Open the first dock if none is, for instance after the open one was hidden."""
        members = self._members()
        opened = [dock for dock in members if dock.opened]
        if members and not opened:
            members[0].open(True)
        for dock in opened[1:]:
            dock.open(False)

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
        """Switch between accordion and tabs, then give the open dock all the height that is left."""
        self._arranging = True
        if any(not dock.isHidden() for dock in self._docks.values()):
            low = self._window.height() < TABBED_BELOW
            if low and not self.tabbed:
                self._show_as_tabs()
            elif not low and self.tabbed:
                self._show_as_stack()
        self._keep_one_open()
        self._distribute()
        call_later(self, self._finish)

    def _finish(self) -> None:
        """Distribute again after the layout has changed; Qt has then reported the tabs it raised itself."""
        self._distribute()
        self._arranging = False

    def _show_as_tabs(self) -> None:
        self._stacked_state = self._window.saveState(LAYOUT_VERSION)
        docks = self._members()
        for dock in docks[1:]:
            self._window.tabifyDockWidget(docks[0], dock)
        for dock in self._docks.values():  # now, as unfolded docks in a stack could be higher than the screen
            dock.set_tabbed(dock in docks)
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
        docks = [dock for dock in self._members() if dock.isVisible()]
        if docks and not self.tabbed:
            total = sum(dock.height() for dock in docks)
            rest = max(total - TITLE_HEIGHT * (len(docks) - 1), TITLE_HEIGHT)
            heights = [rest if dock.unfolded else TITLE_HEIGHT for dock in docks]
            self._window.resizeDocks(docks, heights, Qt.Orientation.Vertical)
