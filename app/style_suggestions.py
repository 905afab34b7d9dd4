"""The style regions a restoration takes where the user has chosen none, known for the damage as it is.

They are looked for whenever the damage changes. Until they are found for the damage as it is now, none are
shown: what is outlined on the canvas is what a restoration started at that moment takes.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.context import Context
from app.document import OpenDocument
from imagest_core.painting.geometry import Box
from imagest_core.restoration.engines.registry import get_engine

Failed = Callable[[Exception | None], None]


class Suggestions(QObject):
    """Keeps ``selection.suggestions`` (offered) and ``selection.style_taken`` (outlined and used) true."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._document: OpenDocument | None = None
        self._version = 0
        self._found: tuple[Box, ...] | None = None
        """For the damage as it is; None while that isn't known."""
        context.document_changed.connect(self.bind)
        context.selection.request_changed.connect(lambda _: self._tell())
        context.selection.style_declined_changed.connect(lambda _: self._follow())

    def bind(self, document: OpenDocument | None) -> None:
        """Follow another document, or none."""
        self._document = document
        self._forget()
        if document is not None:
            document.damage_changed.connect(self._damage_changed)
            document.style_changed.connect(self._follow)
        self._follow()

    def look(self, failed: Failed = lambda _: None) -> None:
        """Look for regions; ``failed`` is told where there are none, with the error if there is one."""
        document = self._document
        if document is None:
            return
        painting, damage, version = document.painting, document.state.damage.copy(), self._version

        def work() -> tuple[Box, ...]:
            from imagest_core.style.suggest import suggest_regions

            return suggest_regions(painting, damage)

        def found(boxes: tuple[Box, ...]) -> None:
            if version != self._version:
                return
            self._found = boxes
            self._context.selection.suggestions = boxes
            self._tell()
            if not boxes:
                failed(None)

        self._context.background.latest("suggest", work, found, failed)

    @property
    def _wanted(self) -> bool:
        """Whether the program picks: there is damage, and the user has neither chosen nor declined."""
        state = self._document.state if self._document else None
        if state is None or state.damage.empty or self._context.selection.style_declined:
            return False
        return not state.style.regions and state.style.donor is None

    def _damage_changed(self, box: Box) -> None:
        """Take away at once what is damaged now, and look again."""
        from imagest_core.style.suggest import is_clear_of

        self._forget()
        document, selection = self._document, self._context.selection
        if document is not None:
            damage = document.state.damage
            selection.suggestions = tuple(each for each in selection.suggestions if is_clear_of(each, damage))
            if damage.empty:
                selection.suggestions = ()
        self._follow()

    def _forget(self) -> None:
        self._version += 1
        self._found = None
        self._context.background.forget("suggest")

    def _follow(self) -> None:
        """Look where that is wanted and not known; offer what is known."""
        if self._wanted and self._found is None:
            self.look()
        elif self._wanted and self._found is not None:
            self._context.selection.suggestions = self._found
        self._tell()

    def _tell(self) -> None:
        request = self._context.selection.request
        used = self._wanted and get_engine(request.engine).uses_style(request)
        self._context.selection.style_taken = self._found if used and self._found is not None else ()
