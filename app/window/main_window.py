"""The window: menus, tools, the canvas with docks round it, and what keeps them in step."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.canvas.live_fills import LiveFills
from app.commands import open as opening
from app.commands.confirm_cancel import may_close
from app.compare.area import CompareArea
from app.context import Context
from app.document import OpenDocument
from app.panels.damage import DamagePanel
from app.panels.history import HistoryPanel
from app.panels.restore import RestorePanel
from app.panels.results import ResultStrip
from app.panels.review import ReviewPanel
from app.panels.style import StylePanel
from app.widgets.placement import keep_inside, place
from app.window.action_handlers import Slots
from app.window.actions import MENUS, Actions, translated
from app.window.archived_results import ArchivedResultsMenu
from app.window.banner import Banner
from app.window.dock_column import Column
from app.window.docks import Dock
from app.window.state_sync import Follower
from app.window.status_bar import StatusLine
from app.window.tool_options import ToolOptions
from app.window.welcome import Welcome

DEFAULT_SIZE = QSize(1440, 900)
DOCK_WIDTH = 352
FOLDED = ("review", "history")
"""Docks that begin folded."""


class MainWindow(QMainWindow):
    """Everything visible; it ends the context's threads when it closes.

    ``language_wanted()``: the settings name another language than the one it was built in.
    """

    language_wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context, self.language = context, context.settings.preferences.language
        self.actions_ = Actions(self)
        self.setWindowTitle("Imagest Workstation")
        self.setAcceptDrops(True)
        place(self, DEFAULT_SIZE)
        self._centre()
        self._docks()
        self.slots = Slots(self)
        self.slots.connect_all()
        self._menus()
        self._toolbars()
        self.status = StatusLine(context)
        self.setStatusBar(self.status)
        self.follower = Follower(self)
        self.live = LiveFills(context, self.area)
        context.document_changed.connect(lambda document: self.banner.setHidden(True) if document else None)
        context.document_changed.connect(self._show_document)
        self._fresh = self.column.state()
        self._restore_layout()
        self._show_document(None)

    # What it is made of

    def _centre(self) -> None:
        self.welcome = Welcome(self.context)
        self.area = CompareArea(self.context)
        self.results = ResultStrip(self.context)
        self.options = ToolOptions(self.context)
        work = QWidget()
        inside = QVBoxLayout(work)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self.options)
        inside.addWidget(self.area, 1)
        inside.addWidget(self.results)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.welcome)
        self.stack.addWidget(work)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack)
        self.banner = Banner(self.context.messages, whole)
        self.setCentralWidget(whole)

    def _docks(self) -> None:
        context = self.context
        self.damage, self.style_panel = DamagePanel(context), StylePanel(context)
        self.restore, self.review, self.history = (
            RestorePanel(context),
            ReviewPanel(context),
            HistoryPanel(context),
        )
        self.docks = {
            "damage": Dock(
                self.tr("Damage"),
                "dock_damage",
                self.damage,
                footer=self.damage.footer,
                step="1",
                scrolls=True,
            ),
            "style": Dock(self.tr("Style"), "dock_style", self.style_panel, step="2"),
            "restore": Dock(
                self.tr("Restore"), "dock_restore", self.restore, footer=self.restore.footer, step="3"
            ),
            "review": Dock(self.tr("Review"), "dock_review", self.review, step="4"),
            "history": Dock(self.tr("History"), "dock_history", self.history, scrolls=True),
        }
        self.setDockOptions(QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowNestedDocks)
        for name, dock in self.docks.items():
            self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
            dock.content.summary_changed.connect(dock.note)
            dock.open(name not in FOLDED)
        self.column = Column(self, self.docks)
        for dock in self.docks.values():
            dock.folded.connect(self.column.share)
            dock.reshaped.connect(self.column.share)
        self.damage.deriving.connect(self._fold_docks)
        self.damage.turned.connect(lambda: self.docks["restore"].open(self.damage.marked))
        self.resizeDocks(list(self.docks.values()), [DOCK_WIDTH] * len(self.docks), Qt.Orientation.Horizontal)

    def _menus(self) -> None:
        self.menus: dict[str, QMenu] = {}
        for title, entries in MENUS.items():
            menu = self.menuBar().addMenu(translated(title))
            self.menus[title.replace("&", "")] = menu
            for entry in entries:
                menu.addSeparator() if entry is None else menu.addAction(self.actions_[entry.id])
        self._recent_menu()
        self._view_menu()
        self.archived_results = ArchivedResultsMenu(self.context, self)
        self.menus["Results"].addMenu(self.archived_results)

    def _recent_menu(self) -> None:
        self.recent = QMenu(self.tr("Open &recent"), self)
        self.menus["File"].insertMenu(self.actions_["open_sample"], self.recent)
        self.recent.aboutToShow.connect(self._fill_recent)

    def _fill_recent(self) -> None:
        self.recent.clear()
        for item in self.context.settings.recent:
            path = Path(item.path)
            action = self.recent.addAction(path.name)
            action.setToolTip(str(path))
            action.triggered.connect(lambda _=False, path=path: opening.open_path(self.context, path))
        if self.recent.isEmpty():
            self.recent.addAction(self.tr("Nothing yet")).setEnabled(False)

    def _view_menu(self) -> None:
        menu = self.menus["View"]
        menu.addSeparator()
        self._surround_menu(menu.addMenu(self.tr("S&urround")))
        panels = menu.addMenu(self.tr("Pa&nels"))
        for dock in self.docks.values():
            panels.addAction(dock.toggleViewAction())
        menu.addAction(self.tr("Reset &layout"), self.reset_layout)

    def _surround_menu(self, menu: QMenu) -> None:
        group = QActionGroup(self)
        names = (
            ("mid", self.tr("&Mid grey")),
            ("dark", self.tr("&Dark grey")),
            ("light", self.tr("&Light grey")),
            ("black", self.tr("&Black")),
        )
        self.surrounds: dict[str, QAction] = {}
        for key, name in names:
            action = self.surrounds[key] = menu.addAction(name)
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, key=key: self.context.settings.prefer(surround=key))
            group.addAction(action)

    def _toolbars(self) -> None:
        top = self._toolbar("main", self.tr("Main toolbar"), Qt.ToolBarArea.TopToolBarArea)
        rows = (
            ("open", "save", None, "undo", "redo", None),
            ("single", "side", "swipe", "blink", "difference", None),
            (
                "mask_visible",
                "zones_visible",
                "provenance_visible",
                None,
                "fit",
                "zoom_in",
                "zoom_out",
                None,
                "export",
            ),
        )
        for name in (name for names in rows for name in names):
            top.addSeparator() if name is None else top.addAction(self.actions_[name])
        tools = self._toolbar("tools", self.tr("Tools"), Qt.ToolBarArea.LeftToolBarArea)
        for name, action in self.actions_.all():
            if name.startswith("tool_"):
                tools.addAction(action)
        export = top.widgetForAction(self.actions_["export"])
        export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)  # type: ignore[attr-defined]

    def _toolbar(self, name: str, title: str, area: Qt.ToolBarArea) -> QToolBar:
        bar = QToolBar(title)
        bar.setObjectName(name)
        bar.setIconSize(QSize(theme.ICON, theme.ICON))
        bar.setMovable(False)
        self.addToolBar(area, bar)
        return bar

    # Showing

    def _show_document(self, document: OpenDocument | None) -> None:
        self.stack.setCurrentIndex(0 if document is None else 1)
        self.banner.cover(self.welcome if document is None else self.area)
        for dock in self.docks.values():
            dock.setVisible(document is not None)
        for bar in self.findChildren(QToolBar):
            bar.setVisible(document is not None)
        title = "Imagest Workstation" if document is None else f"{document.title} – Imagest Workstation"
        self.setWindowTitle(title)
        self.column.share()

    # Layout

    def _fold_docks(self, deriving: bool) -> None:
        """Fold what is not needed while a mask is derived; to restore waits for damage, too."""
        self.docks["style"].open(not deriving)
        self.docks["restore"].open(self.damage.marked and not deriving)

    def reset_layout(self) -> None:
        """Every dock back in its place."""
        self.column.restore(self._fresh)
        for name, dock in self.docks.items():
            dock.open(name not in FOLDED)
        self.docks["restore"].open(self.damage.marked)
        self._show_document(self.context.document)

    def _restore_layout(self) -> None:
        geometry = self.context.settings.layout("geometry")
        if not geometry.isEmpty():
            self.restoreGeometry(geometry)
            keep_inside(self)
        state = self.context.settings.layout("state")
        if not state.isEmpty():
            self.column.restore(state)

    def keep_layout(self) -> None:
        """Remember where everything stands."""
        self.context.settings.keep_layout("geometry", self.saveGeometry())
        self.context.settings.keep_layout("state", self.column.state())

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """The docks share another height."""
        super().resizeEvent(event)
        self.column.share()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """A file may be dropped anywhere."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Open what was dropped."""
        path = next((Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()), None)
        if path is not None:
            opening.open_path(self.context, path)

    def retheme(self) -> None:
        """Dress the program anew, with what is drawn in the palette's colours."""
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.apply_theme(application, self.context.settings.preferences.theme)
            self.damage.classes.refresh()
            self.welcome.refresh()
            self.results.redraw()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Keep everything, then end the threads; stays open where something can't be kept, or is awaited."""
        if not may_close(self.context):
            event.ignore()
            return
        if not opening.close(self.context) and not self.slots.leave_anyway():
            event.ignore()
            return
        self.hide()
        self.keep_layout()
        self.context.shutdown()
        super().closeEvent(event)

    def action(self, name: str) -> QAction:
        """The action with this id."""
        return self.actions_[name]
