"""A stroke in progress: painted into the damage immediately, stored or reverted as a whole."""

from __future__ import annotations

from collections.abc import Callable

from imagest_core.damage.map import DamageMap
from imagest_core.errors import ProjectError
from imagest_core.messages import Message
from imagest_core.project.operations import Operation
from imagest_core.project.state import State

OperationFactory = Callable[[State], Operation | None]
"""Creates an operation from the current state when it is applied; None if there is nothing to do."""

GESTURE_ACTIVE = Message("A stroke is in progress: finish it first.")


class Gesture:
    """A transaction on the damage of a document.

    Labels are painted directly into ``document.state.damage``. All other operations are queued until
    :meth:`commit` or :meth:`cancel`.

    Parameters
    ----------
    before
        The damage at the start.
    end
        Stores what was painted under a name, or reverts it for None, and sets :attr:`active` to False.
    """

    def __init__(self, before: DamageMap, end: Callable[[str | None], None]) -> None:
        self.before, self._end = before, end
        self.active = True
        """Whether the gesture is still in progress."""

    def commit(self, name: str) -> None:
        """Store what was painted as one operation called ``name``; raises ``ProjectError``.

        If it is rejected, everything is reverted.
        """
        self._check()
        self._end(name)

    def cancel(self) -> None:
        """Revert everything that was painted."""
        self._check()
        self._end(None)

    def _check(self) -> None:
        if not self.active:
            raise ProjectError("The stroke has already ended: start another one.")
