"""A stroke under way: painted into the damage at once, kept or given up as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from imagest_core.errors import ProjectError
from imagest_core.project.operations import Operation
from imagest_core.project.state import State

if TYPE_CHECKING:
    from imagest_core.project.document import Document

Maker = Callable[[State], Operation | None]
"""Makes an operation from the state as it is when its turn comes; None where there is nothing to do."""

UNDER_WAY = "A stroke is under way: finish it first."


class Gesture:
    """A transaction on the damage of a document.

    Labels are painted straight into ``document.state.damage``. Every other operation waits until
    :meth:`commit` or :meth:`cancel` has ended the gesture. ``before`` is the damage it began with.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self.before = document.state.damage.copy()

    @property
    def open(self) -> bool:
        """Whether it hasn't ended yet."""
        return self._document.gesture is self

    def commit(self, name: str) -> None:
        """Keep what was painted as one operation called ``name``; raises ``ProjectError``.

        Where that is refused, everything is taken back.
        """
        self._check()
        self._document.end_gesture(name)

    def cancel(self) -> None:
        """Take back everything that was painted."""
        self._check()
        self._document.end_gesture(None)

    def _check(self) -> None:
        if not self.open:
            raise ProjectError("The stroke has ended already: begin another one.")
