"""What keeps actions, tools and canvas in step with the selection and the document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication

from app.canvas.navigation import Place
from app.document import OpenDocument
from app.jobs.call_later import call_later
from app.selection import LARGEST_BRUSH, Compare, Tool
from imagest_core.project.operations.settings import set_operator

if TYPE_CHECKING:
    from app.window.main_window import MainWindow

COMPARES = tuple(Compare)
TOGGLES = ("mask_visible", "zones_visible", "windows_visible", "provenance_visible")


class Follower(QObject):
    """Enables what is possible, checks what is chosen, and remembers where the view was."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._context = window, window.context
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(0)
        self._wait.timeout.connect(self._enable)
        self._follow_selection()
        self._follow_jobs()
        self._follow_view()
        self._context.document_changed.connect(self._bind)
        self._context.leaving.connect(self.keep_view)
        preferences = self._context.settings.preferences
        self._theme, self._operator = preferences.theme, preferences.operator
        self._context.settings.changed.connect(self._apply_preferences)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._apply_preferences()
        self._enable()

    def _follow_selection(self) -> None:
        selection, actions = self._context.selection, self._window.actions_
        selection.tool_changed.connect(
            lambda tool: actions[f"tool_{tool}"].setChecked(True) if tool != "pick" else None
        )
        selection.compare_changed.connect(lambda mode: actions[mode].setChecked(True))
        selection.overwrite_changed.connect(actions["overwrite"].setChecked)
        selection.result_changed.connect(lambda _: self._wait.start())
        for name in TOGGLES:
            getattr(selection, f"{name}_changed").connect(actions[name].setChecked)
            actions[name].setChecked(getattr(selection, name))
        actions[f"tool_{selection.tool}"].setChecked(True)
        actions[selection.compare].setChecked(True)

    def _follow_jobs(self) -> None:
        for signal in (self._context.jobs.started, self._context.jobs.idle):
            signal.connect(lambda *_: self._wait.start())

    def _follow_view(self) -> None:
        view, selection = self._window.area.view, self._context.selection
        self._note_brush(selection.brush_size)
        selection.brush_changed.connect(self._note_brush)
        view.zoomed.connect(self._size_brush)
        view.hovered.connect(self._window.status.point)
        view.zoomed.connect(self._window.status.show_zoom)
        view.measured.connect(self._window.options.show_measured)
        selection.windows_visible_changed.connect(lambda _: self._show_windows())
        selection.windows_changed.connect(lambda _: self._show_windows())

    def _size_brush(self, zoom: float) -> None:
        """Keep the brush as large on the screen, or in the scan, as the user likes."""
        if self._context.settings.preferences.brush_follows_zoom:
            wanted = self._on_screen
            self._context.selection.brush_size = min(max(wanted / zoom, 1.0), LARGEST_BRUSH)
            self._on_screen = wanted
        else:
            self._note_brush(self._context.selection.brush_size)

    def _note_brush(self, size: float) -> None:
        """How many px of the screen the brush covers."""
        self._on_screen = size * self._window.area.view.zoom

    def _show_windows(self) -> None:
        """The windows of a restoration, where they are to be seen."""
        selection = self._context.selection
        self._window.area.view.guides.show_windows(selection.windows if selection.windows_visible else ())

    def _bind(self, document: OpenDocument | None) -> None:
        if document is not None:
            document.history_changed.connect(self._follow_history)
            document.troubled.connect(self._say_trouble)
            document.warned.connect(self._say_warning)
            document.refused.connect(self._context.messages.warn)
            if self._operator:
                self._sign()
            call_later(self, lambda: self._go_back(document))
        else:
            self._window.status.zoom.clear()
        self._wait.start()

    def _say_trouble(self, sentence: str) -> None:
        if sentence:
            self._context.messages.warn(
                sentence, self.tr("Your work goes on in memory; save it under another name.")
            )

    def _say_warning(self, sentence: str) -> None:
        """A backup couldn't be made; the work itself is kept."""
        if sentence:
            self._context.messages.warn(
                sentence, self.tr("Your work itself is kept; only a backup is missing.")
            )

    def _follow_history(self) -> None:
        """A key that comes in the same turn finds undo and redo as they are now; the rest can wait."""
        document = self._context.document
        if document is not None:
            self._window.actions_["undo"].setEnabled(bool(document.document.history.done))
            self._window.actions_["redo"].setEnabled(bool(document.document.history.undone))
        self._wait.start()

    def _enable(self) -> None:
        self._window.actions_.allow(self._there())

    def _there(self) -> set[str]:
        document, there = self._context.document, set()
        if self._context.jobs.busy:
            there.add("job")
        if document is None:
            return there
        there.add("document")
        history, state = document.document.history, document.state
        facts = {
            "undo": bool(history.done),
            "redo": bool(history.undone),
            "damage": not state.damage.empty,
            "run": bool(state.runs),
            "shown": self._context.selection.run in state.runs,
            "region": self._context.selection.run in state.runs and self._context.selection.region > 0,
        }
        return there | {name for name, true in facts.items() if true}

    def _apply_preferences(self) -> None:
        preferences, selection = self._context.settings.preferences, self._context.selection
        selection.surround = preferences.surround
        if preferences.surround in self._window.surrounds:
            self._window.surrounds[preferences.surround].setChecked(True)
        if preferences.theme != self._theme:
            self._theme = preferences.theme
            self._window.retheme()
        if preferences.language != self._window.language:
            self._window.language_wanted.emit()
        if preferences.operator != self._operator:
            self._operator = preferences.operator
            self._sign()

    def _follow_system(self) -> None:
        """The system has turned light or dark."""
        if self._theme == "system":
            self._window.retheme()

    def _sign(self) -> None:
        """Whoever works on a project signs it."""
        document = self._context.document
        if document is not None and not document.read_only and document.state.operator != self._operator:
            self._context.do(set_operator(document.state, self._operator))

    # Where the view was left

    def _path(self, document: OpenDocument) -> Path:
        path = document.document.path
        return document.painting.path if document.document.unnamed or path is None else path

    def keep_view(self) -> None:
        """Remember place and zoom, tool and class of the open document."""
        document, selection = self._context.document, self._context.selection
        if document is not None:
            place = self._window.area.view.place
            view = place.x, place.y, place.zoom
            tool = selection.tool if selection.tool != Tool.PICK else ""
            self._context.settings.remember(self._path(document), view, tool=tool, label=selection.label)

    def _go_back(self, document: OpenDocument) -> None:
        left, selection = self._context.settings.left(self._path(document)), self._context.selection
        if self._context.document is not document:
            return
        if left.view is not None:
            self._window.area.view.set_view(Place(*left.view))
        if left.tool in tuple(Tool):
            selection.tool = left.tool
        if left.label in [item.label for item in document.state.damage.classes]:
            selection.label = left.label
