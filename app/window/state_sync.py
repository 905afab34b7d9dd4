"""Keeps actions, tools and canvas in sync with the selection, the document and the preferences."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from app.action_table import CHANGING
from app.canvas.navigation import ViewPosition
from app.commands import open as opening
from app.document import OpenDocument
from app.i18n.core_messages import localized
from app.jobs.call_later import call_later
from app.palettes import MaskPalette
from app.selection import LARGEST_BRUSH, REJECT_TOOLS, Compare, ToolName
from app.window.parts import WindowParts

COMPARES = tuple(Compare)
TOGGLES = (
    "subtracting",
    "mask_visible",
    "zones_visible",
    "windows_visible",
    "provenance_visible",
    "probe_visible",
    "mask_hatched",
    "scale_bar",
    "notes_visible",
)


class StateSync(QObject):
    """Enables the actions that are possible, checks the selected ones, and restores the last view of a file.

    ``theme_changed()``: the window must be drawn in another theme. ``language_changed()``: the preferences
    name another language than the window was built in.
    """

    theme_changed = Signal()
    language_changed = Signal()

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._parts, self._context = parts, parts.context
        self._update_timer = QTimer(self)
        self._update_timer.setSingleShot(True)
        self._update_timer.setInterval(0)
        self._update_timer.timeout.connect(self._enable_actions)
        self._brush_on_screen = 0.0
        self._connect_selection()
        self._connect_jobs()
        self._connect_view()
        self._context.document_changed.connect(self._bind)
        self._context.leaving.connect(self.remember_view)
        preferences = self._context.settings.preferences
        self._language = preferences.language
        self._theme, self._operator = preferences.theme, preferences.operator
        self._context.settings.changed.connect(self._apply_preferences)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_theme_changed)
        self._apply_preferences()
        self._enable_actions()

    def _connect_selection(self) -> None:
        selection, actions = self._context.selection, self._parts.actions
        selection.tool_changed.connect(
            lambda tool: actions[f"tool_{tool}"].setChecked(True) if tool != "pick" else None
        )
        selection.compare_changed.connect(lambda mode: actions[mode].setChecked(True))
        selection.overwrite_changed.connect(actions["overwrite"].setChecked)
        selection.result_changed.connect(lambda _: self._update_timer.start())
        selection.within_changed.connect(lambda _: self._update_timer.start())
        selection.palette_changed.connect(lambda palette: actions[f"palette_{palette}"].setChecked(True))
        actions[f"palette_{selection.palette}"].setChecked(True)
        for name in TOGGLES:
            getattr(selection, f"{name}_changed").connect(actions[name].setChecked)
            actions[name].setChecked(getattr(selection, name))
        actions[f"tool_{selection.tool}"].setChecked(True)
        actions[selection.compare].setChecked(True)

    def _connect_jobs(self) -> None:
        for signal in (self._context.jobs.started, self._context.jobs.idle):
            signal.connect(lambda *_: self._update_timer.start())

    def _connect_view(self) -> None:
        view, selection = self._parts.area.view, self._context.selection
        self._record_brush(selection.brush_size)
        selection.brush_changed.connect(self._record_brush)
        view.zoomed.connect(self._resize_brush)
        view.hovered.connect(self._parts.status.point)
        view.zoomed.connect(self._parts.status.show_zoom)
        self._parts.area.probe.found.connect(self._parts.status.show_origin)
        view.measured.connect(self._parts.options.show_measured)
        selection.windows_visible_changed.connect(lambda _: self._show_windows())
        selection.windows_changed.connect(lambda _: self._show_windows())

    def _resize_brush(self, zoom: float) -> None:
        """Keep the brush size constant on the screen or in the scan, as the preferences say."""
        if self._context.settings.preferences.brush_follows_zoom:
            on_screen = self._brush_on_screen
            self._context.selection.brush_size = min(max(on_screen / zoom, 1.0), LARGEST_BRUSH)
            self._brush_on_screen = on_screen
        else:
            self._record_brush(self._context.selection.brush_size)

    def _record_brush(self, size: float) -> None:
        """Record how many screen pixels the brush covers."""
        self._brush_on_screen = size * self._parts.area.view.zoom

    def _show_windows(self) -> None:
        """Outline the windows of a restoration if they are switched on."""
        selection = self._context.selection
        self._parts.area.view.guides.show_windows(selection.windows if selection.windows_visible else ())

    def _bind(self, document: OpenDocument | None) -> None:
        if document is not None:
            document.history_changed.connect(self._update_history)
            document.renamed.connect(self._update_timer.start)
            document.troubled.connect(self._report_failed_save)
            document.warned.connect(self._report_failed_backup)
            document.refused.connect(self._report_refusal)
            if self._operator:
                self._set_operator()
            call_later(self, lambda: self._restore_view(document))
        else:
            self._parts.status.zoom.clear()
        self._update_history()

    def _report_failed_save(self, sentence: str) -> None:
        opening.report_failed_save(self._context, sentence)

    def _report_failed_backup(self, sentence: str) -> None:
        if not sentence:
            return self._context.messages.resolve("backup")
        remedy = self.tr("Your work is saved; only a backup is missing.")
        return self._context.messages.warn(sentence, remedy, topic="backup")

    def _report_refusal(self, sentence: str) -> None:
        self._context.messages.warn(sentence, topic="edit")

    def _update_history(self) -> None:
        """Enable undo and redo at once, before the next key press; the other actions can wait."""
        available = set() if self._read_only else self._available()
        for name in ("undo", "redo"):
            self._parts.actions[name].setEnabled(name in available)
        self._update_timer.start()

    def _enable_actions(self) -> None:
        self._parts.actions.allow(self._available(), self._read_only)

    @property
    def _read_only(self) -> str:
        """Why the open document can't be changed, in the user's language."""
        document = self._context.document
        return localized(document.read_only) if document is not None else ""

    def _available(self) -> set[str]:
        """What exists now, in the terms of ``ActionSpec.needs``."""
        document, available = self._context.document, set()
        if self._context.jobs.busy:
            available.add("job")
        if document is None:
            return available
        available.add("document")
        history, state = document.document.history, document.state
        conditions = {
            "undo": bool(history.done),
            "redo": bool(history.undone),
            "damage": not state.damage.empty,
            "selection": self._context.selection.within is not None,
            "run": bool(state.runs),
            "shown": self._context.selection.run in state.runs,
            "region": self._context.selection.run in state.runs and self._context.selection.region > 0,
        }
        return available | {name for name, met in conditions.items() if met}

    # Preferences

    def _apply_preferences(self) -> None:
        preferences, selection = self._context.settings.preferences, self._context.selection
        selection.surround, selection.mask_hatched = preferences.surround, preferences.mask_hatched
        selection.scale_bar = preferences.scale_bar
        selection.palette = (
            preferences.palette if preferences.palette in tuple(MaskPalette) else MaskPalette.CLASSES
        )
        if preferences.surround in self._parts.surrounds:
            self._parts.surrounds[preferences.surround].setChecked(True)
        if preferences.theme != self._theme:
            self._theme = preferences.theme
            self.theme_changed.emit()
        if preferences.language != self._language:
            self.language_changed.emit()
        if preferences.operator != self._operator:
            self._operator = preferences.operator
            self._set_operator()

    def _system_theme_changed(self) -> None:
        if self._theme == "system":
            self.theme_changed.emit()

    def _set_operator(self) -> None:
        """Record the operator of the preferences in the open project."""
        document = self._context.document
        if document is not None and not document.read_only:
            document.document.sign(self._operator)

    # The last view of a file

    def remember_view(self) -> None:
        """Remember position and zoom, tool, class and parameters of the open document."""
        document, selection = self._context.document, self._context.selection
        if document is not None:
            canvas = self._parts.area.view
            position = canvas.position
            view = position.x, position.y, 0.0 if canvas.fitted else position.zoom
            tool = (
                "" if selection.tool in (ToolName.PICK, ToolName.EXAMPLE, *REJECT_TOOLS) else selection.tool
            )
            self._context.settings.remember(
                document.remembered_path,
                view,
                tool=tool,
                label=selection.label,
                request=selection.request.to_plain(),
            )

    def _restore_view(self, document: OpenDocument) -> None:
        last, selection = self._context.settings.last_state(document.remembered_path), self._context.selection
        if self._context.document is not document:
            return
        if last.view is not None and last.view[2] > 0:
            self._parts.area.view.set_view(ViewPosition(*last.view))
        if last.tool in tuple(ToolName) and not (document.read_only and f"tool_{last.tool}" in CHANGING):
            selection.tool = last.tool
        if last.label in [item.label for item in document.state.damage.classes]:
            selection.label = last.label
