"""The main window: menus, toolbars, the canvas and its docks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QResizeEvent,
)
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
from app.action_spec import translated
from app.action_table import MENUS
from app.commands import open as opening
from app.commands.confirm_cancel import may_close
from app.commands.rescue import rescue_action
from app.compare.area import CompareArea
from app.compare.live_fills import LiveFills
from app.context import Context
from app.document import OpenDocument
from app.mask_actions import TOOLS
from app.panels.damage import DamagePanel
from app.panels.history import HistoryPanel
from app.panels.restore import RestorePanel
from app.panels.results import ResultStrip
from app.panels.review import ReviewPanel
from app.panels.style import StylePanel
from app.widgets.placement import keep_inside, place
from app.window.action_handlers import ActionHandlers
from app.window.actions import Actions
from app.window.archived_results import ArchivedResultsMenu
from app.window.banner import Banner
from app.window.dock_column import DockColumn
from app.window.docks import Dock
from app.window.drop_target import DropTarget
from app.window.parts import WindowParts
from app.window.state_sync import StateSync
from app.window.status_bar import StatusBar
from app.window.step_news import StepNews
from app.window.tool_options import ToolOptions
from app.window.welcome import Welcome

DEFAULT_SIZE = QSize(1440, 900)
DOCK_WIDTH = 352
FIRST_STEP = "damage"
"""The dock that is open at the start."""


class MainWindow(QMainWindow):
    """Builds all widgets and connects them; stops the threads of ``context`` when it closes.

    ``language_changed()``: the settings name another language than the one it was built in.
    """

    language_changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context, self.language = context, context.settings.preferences.language
        self.actions_ = Actions(self)
        self.setWindowTitle("Imagest Workstation")
        place(self, DEFAULT_SIZE)
        self._create_centre()
        self._create_docks()
        self._create_menus()
        self._create_toolbars()
        self.status = StatusBar(context)
        self.setStatusBar(self.status)
        parts = self._parts()
        self.handlers = ActionHandlers(parts)
        self.handlers.connect_all()
        self.state_sync = StateSync(parts)
        self.state_sync.theme_changed.connect(self.apply_theme)
        self.state_sync.language_changed.connect(self.language_changed)
        self.live = LiveFills(context, self.area)
        context.messages.rescue = partial(rescue_action, context)
        context.document_changed.connect(self.banner.leave_document)
        context.document_changed.connect(self._show_document)
        self._default_layout = self.column.state()
        self._restore_layout()
        self._show_document(None)

    # Building

    def _create_centre(self) -> None:
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
        for covered in (self.area, self.welcome):
            self.banner.covering.connect(covered.reserve_top)
        self.banner.shown.connect(self.area.keep_below)
        self.setCentralWidget(whole)
        self.drop_target = DropTarget(self.context, self, self.stack)

    def _create_docks(self) -> None:
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
            ),
            "style": Dock(self.tr("Style"), "dock_style", self.style_panel, step="2"),
            "restore": Dock(
                self.tr("Restore"), "dock_restore", self.restore, footer=self.restore.footer, step="3"
            ),
            "review": Dock(self.tr("Review"), "dock_review", self.review, step="4"),
            "history": Dock(self.tr("History"), "dock_history", self.history),
        }
        self.setDockOptions(QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowNestedDocks)
        for name, dock in self.docks.items():
            self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
            dock.content.summary_changed.connect(dock.note)
            dock.open(name == FIRST_STEP)
        self.column = DockColumn(self, self.docks)
        self.news = StepNews(context, self.docks, self)
        self.resizeDocks(list(self.docks.values()), [DOCK_WIDTH] * len(self.docks), Qt.Orientation.Horizontal)

    def _parts(self) -> WindowParts:
        return WindowParts(
            window=self,
            context=self.context,
            actions=self.actions_,
            banner=self.banner,
            welcome=self.welcome,
            area=self.area,
            damage=self.damage,
            restore=self.restore,
            style=self.style_panel,
            results=self.results,
            options=self.options,
            status=self.status,
            docks=self.docks,
            surrounds=self.surrounds,
        )

    def _create_menus(self) -> None:
        self.menus: dict[str, QMenu] = {}
        for title, entries in MENUS.items():
            menu = self.menuBar().addMenu(translated(title))
            self.menus[title.replace("&", "")] = menu
            for entry in entries:
                menu.addSeparator() if entry is None else menu.addAction(self.actions_[entry.id])
        self._create_recent_menu()
        self._create_view_menu()
        self.archived_results = ArchivedResultsMenu(self.context, self)
        self.menus["Results"].addMenu(self.archived_results)

    def _create_recent_menu(self) -> None:
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
            self.recent.addAction(self.tr("No recent files")).setEnabled(False)

    def _create_view_menu(self) -> None:
        menu = self.menus["View"]
        menu.addSeparator()
        self._fill_surround_menu(menu.addMenu(self.tr("S&urround")))
        panels = menu.addMenu(self.tr("Pa&nels"))
        for dock in self.docks.values():
            panels.addAction(dock.toggleViewAction())
        menu.addAction(self.tr("Reset la&yout"), self.reset_layout)

    def _fill_surround_menu(self, menu: QMenu) -> None:
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

    def _create_toolbars(self) -> None:
        top = self._toolbar("main", self.tr("Main toolbar"), Qt.ToolBarArea.TopToolBarArea)
        rows = (
            ("open", "save", None, "undo", "redo", None),
            ("single", "side", "swipe", "blink", "difference", "contact", None),
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
        for spec in TOOLS:
            tools.addAction(self.actions_[spec.id])
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
        if document is not None:
            document.renamed.connect(self._show_title)
        self._show_title()
        self.column.share()

    def _show_title(self) -> None:
        document, name = self.context.document, "Imagest Workstation"
        if document is None:
            return self.setWindowTitle(name)
        title = self.tr("{0} (read-only)").format(document.title) if document.read_only else document.title
        return self.setWindowTitle(f"{title} – {name}")

    # Layout

    def reset_layout(self) -> None:
        """Restore the default arrangement of the docks."""
        self.column.restore(self._default_layout)
        self.docks[FIRST_STEP].open(True)
        self._show_document(self.context.document)

    def _restore_layout(self) -> None:
        geometry = self.context.settings.layout("geometry")
        if not geometry.isEmpty():
            self.restoreGeometry(geometry)
            keep_inside(self)
        state = self.context.settings.layout("state")
        if not state.isEmpty():
            self.column.restore(state)

    def remember_layout(self) -> None:
        """Store the geometry of the window and the arrangement of its docks."""
        self.context.settings.remember_layout("geometry", self.saveGeometry())
        self.context.settings.remember_layout("state", self.column.state())

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.column.share()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        self.drop_target.enter(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        self.drop_target.move(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        self.drop_target.leave(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        self.drop_target.drop(event)

    def apply_theme(self) -> None:
        """Apply the theme of the preferences and redraw what uses its colours."""
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.apply_theme(application, self.context.settings.preferences.theme)
            self.damage.classes.refresh()
            self.welcome.refresh()
            self.results.redraw()
            self.handlers.manual_help.redraw()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Save the project and stop the threads; stay open if saving fails or the user waits for a job."""
        if not may_close(self.context):
            event.ignore()
            return
        if not opening.close(self.context) and not self.handlers.confirm_loss():
            event.ignore()
            return
        self.hide()
        self.handlers.manual_help.close()
        self.remember_layout()
        self.context.shutdown()
        super().closeEvent(event)

    def action(self, name: str) -> QAction:
        """The action with this id."""
        return self.actions_[name]
