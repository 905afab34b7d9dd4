"""A stroke in progress: painted into the damage immediately, stored or reverted as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from imagest_core.errors import ProjectError
from imagest_core.messages import Message
from imagest_core.project.operations import Operation
from imagest_core.project.state import State

if TYPE_CHECKING:
    from imagest_core.project.document import Document

OperationFactory = Callable[[State], Operation | None]
"""Creates an operation from the current state when it is applied; None if there is nothing to do."""

GESTURE_ACTIVE = Message("A stroke is in progress: finish it first.")


class Gesture:
    """A transaction on the damage of a document.

    Labels are painted directly into ``document.state.damage``. All other operations are queued until
    :meth:`commit` or :meth:`cancel`. ``before`` is the damage at the start.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self.before = document.state.damage.copy()

    @property
    def active(self) -> bool:
        """Whether the gesture is still in progress."""
        return self._document.gesture is self

    def commit(self, name: str) -> None:
        """Store what was painted as one operation called ``name``; raises ``ProjectError``.

        If it is rejected, everything is reverted.
        """
        self._check()
        self._document.end_gesture(name)

    def cancel(self) -> None:
        """Revert everything that was painted."""
        self._check()
        self._document.end_gesture(None)

    def _check(self) -> None:
        if not self.active:
            raise ProjectError("The stroke has already ended: start another one.")
