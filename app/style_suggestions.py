"""Suggests style regions, which a restoration uses if the user has chosen none.

The search is repeated whenever the damage changes. Until it has ended, no regions are shown, so that the
outlines on the canvas are always those that a restoration would use.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.context import Context
from app.document import OpenDocument
from imagest_core.painting.geometry import Box
from imagest_core.restoration.engines.registry import get_engine

Failed = Callable[[Exception | None], None]


class StyleSuggestions(QObject):
    """Updates ``selection.suggestions`` (all suggestions) and ``selection.style_taken`` (those used)."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._document: OpenDocument | None = None
        self._version = 0
        self._current: tuple[Box, ...] | None = None
        """The regions for the current damage; None until they are known."""
        context.document_changed.connect(self.bind)
        context.selection.request_changed.connect(lambda _: self._update_used())
        context.selection.style_declined_changed.connect(lambda _: self._update())

    def bind(self, document: OpenDocument | None) -> None:
        """Connect to another document, or none."""
        self._document = document
        self._reset()
        if document is not None:
            document.damage_changed.connect(self._damage_changed)
            document.style_changed.connect(self._update)
        self._update()

    def search(self, failed: Failed = lambda _: None) -> None:
        """Search in the background; ``failed(error or None)`` is called if no regions are found."""
        document = self._document
        if document is None:
            return
        painting, damage, version = document.painting, document.state.damage.copy(), self._version

        def work() -> tuple[Box, ...]:
            from imagest_core.style.suggest import suggest_regions

            return suggest_regions(painting, damage)

        def finished(boxes: tuple[Box, ...]) -> None:
            if version != self._version:
                return
            self._current = boxes
            self._context.selection.suggestions = self._without_references(boxes)
            self._update_used()
            if not boxes:
                failed(None)

        self._context.background.latest("suggest", work, finished, failed)

    @property
    def _applies(self) -> bool:
        """Whether there is damage, and the user has neither chosen nor declined a style."""
        state = self._document.state if self._document else None
        if state is None or state.damage.empty or self._context.selection.style_declined:
            return False
        return not state.style.regions and state.style.donor is None

    def _damage_changed(self, box: Box) -> None:
        """Remove suggestions that are damaged now, and search again."""
        from imagest_core.style.suggest import is_clear_of

        self._reset()
        document, selection = self._document, self._context.selection
        if document is not None:
            damage = document.state.damage
            selection.suggestions = tuple(each for each in selection.suggestions if is_clear_of(each, damage))
            if damage.empty:
                selection.suggestions = ()
        self._update()

    def _reset(self) -> None:
        self._version += 1
        self._current = None
        self._context.background.forget("suggest")

    def _update(self) -> None:
        """Search if suggestions apply and are unknown, otherwise show them."""
        selection = self._context.selection
        if self._applies and self._current is None:
            self.search()
        elif self._applies and self._current is not None:
            selection.suggestions = self._current
        else:
            selection.suggestions = self._without_references(selection.suggestions)
        self._update_used()

    def _without_references(self, boxes: tuple[Box, ...]) -> tuple[Box, ...]:
        """Leave out what is a reference already, such as after a redo."""
        taken = self._document.state.style.regions if self._document is not None else ()
        return tuple(box for box in boxes if box not in taken)

    def _update_used(self) -> None:
        request = self._context.selection.request
        used = self._applies and get_engine(request.engine).uses_style(request)
        self._context.selection.style_taken = self._current if used and self._current is not None else ()
