"""Opens the manual at the page of what is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from app.selection import Compare, ToolName
from app.window.parts import WindowParts

if TYPE_CHECKING:
    from app.manual.window import ManualWindow

FIRST_PAGE = "start"
DOCK_PAGES = {"history": "project#history"}
"""Pages of docks whose page has another name."""
TOOL_PAGES: dict[str, str] = {
    ToolName.STYLE: "style",
    ToolName.MEASURE: "damage#measure",
    ToolName.EXAMPLE: "damage#strokes",
}
"""Pages of tools that do not paint the mask."""


class ManualHelp(QObject):
    """Owns the window of the manual, created when it is first needed."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._parts, self._settings = parts, parts.context.settings
        self._manual: ManualWindow | None = None

    @property
    def manual(self) -> ManualWindow | None:
        """The window of the manual, if it is visible."""
        return self._manual if self._manual is not None and self._manual.isVisible() else None

    def show_page(self, target: str) -> None:
        """Show the page ``target``, given as ``name`` or ``name#heading``."""
        if self._manual is None:
            from app.manual.window import ManualWindow

            self._manual = ManualWindow(self._settings.preferences.manual_scale)
            self._manual.scale_changed.connect(lambda scale: self._settings.prefer(manual_scale=scale))
        self._manual.show_page(target)

    def show_current(self) -> None:
        """Show the page of the widget that has the focus."""
        self.show_page(self.page_of(QApplication.focusWidget() or QApplication.activeWindow()))

    def page_of(self, widget: QWidget | None) -> str:
        """The page of ``widget``: that of the innermost part or dialog around it."""
        pages = self._pages()
        while widget is not None and widget is not self._parts.window:
            page = pages.get(widget) or getattr(widget, "help_page", "")
            if page:
                return str(page)
            widget = widget.parentWidget()
        return self._open_step()

    def redraw(self) -> None:
        """Apply a change of the theme."""
        if self._manual is not None:
            self._manual.redraw()

    def close(self) -> None:
        """Close and delete the window of the manual."""
        if self._manual is not None:
            self._manual.close()
            self._manual.deleteLater()
            self._manual = None

    def _pages(self) -> dict[QWidget, str]:
        parts = self._parts
        return {
            parts.welcome: "start",
            parts.status: "start#window",
            parts.banner: "troubleshooting",
            parts.options: self._tool_page(),
            parts.area: self._canvas_page(),
            parts.results: "results",
            parts.damage.derive: "damage#derive",
            parts.damage.footer: "damage#derive",
            parts.restore.presets: "restore#presets",
            parts.restore.fold: "restore#advanced",
            **{dock: DOCK_PAGES.get(name, name) for name, dock in parts.docks.items()},
        }

    def _tool_page(self) -> str:
        return TOOL_PAGES.get(self._parts.context.selection.tool, "damage#tools")

    def _canvas_page(self) -> str:
        comparing = self._parts.context.selection.compare != Compare.SINGLE
        return "results#compare" if comparing else self._tool_page()

    def _open_step(self) -> str:
        """The page of the open dock; the first page without a document."""
        if self._parts.context.document is None:
            return FIRST_PAGE
        opened = (name for name, dock in self._parts.docks.items() if dock.opened and not dock.isHidden())
        name = next(opened, FIRST_PAGE)
        return DOCK_PAGES.get(name, name)
