"""Highlights the header of a step when there is something new in it, instead of opening it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject

from app.context import Context
from app.document import OpenDocument
from app.window.docks import Dock


class StepNews(QObject):
    """Highlights "Restore" after the first damage was marked and "Review" after a restoration."""

    def __init__(self, context: Context, docks: Mapping[str, Dock], parent: QObject) -> None:
        super().__init__(parent)
        self._docks = docks
        self._document: OpenDocument | None = None
        self._marked, self._latest = False, 0
        context.document_changed.connect(self._bind)

    def _bind(self, document: OpenDocument | None) -> None:
        self._document = document
        for name in ("restore", "review"):
            self._docks[name].attract(False)
        if document is not None:
            self._marked = not document.state.damage.empty
            self._latest = max(document.state.runs, default=0)
            document.damage_changed.connect(lambda _: self._damage_changed())
            document.runs_changed.connect(self._runs_changed)

    def _damage_changed(self) -> None:
        """Highlight once the document has damage; without damage there is nothing to restore."""
        if self._document is None:
            return
        marked = not self._document.state.damage.empty
        if marked != self._marked:
            self._marked = marked
            self._docks["restore"].attract(marked)

    def _runs_changed(self) -> None:
        if self._document is None:
            return
        latest = max(self._document.state.runs, default=0)
        if latest > self._latest or not latest:
            self._docks["review"].attract(bool(latest))
        self._latest = latest
