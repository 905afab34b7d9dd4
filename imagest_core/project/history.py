"""The list of operations: what can be taken back, and what can be done again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from imagest_core.project.operations import Operation

BUDGET = 64 * 2**20
"""Bytes of operations kept in memory; older ones are read from the project file when undo needs them."""


class Status(StrEnum):
    """Where an operation stands."""

    DONE = "done"
    UNDONE = "undone"
    DROPPED = "dropped"
    """Undone and overtaken by something else: it stays in the log, but redo doesn't reach it."""


@dataclass
class Entry:
    """One line of the history.

    ``operation`` is None while only the project file has it; ``saved`` says that the file has it.
    """

    id: int
    kind: str
    name: str
    time: str
    operator: str
    status: Status = Status.DONE
    operation: Operation | None = None
    saved: bool = False


class History:
    """Done and undone operations. ``fetch`` reads back one that only the file has."""

    def __init__(
        self,
        fetch: Callable[[int], Operation],
        entries: Iterable[Entry] = (),
        *,
        last: int = 0,
        budget: int = BUDGET,
    ) -> None:
        listed = list(entries)
        self._fetch, self._budget = fetch, budget
        self._done = [entry for entry in listed if entry.status is Status.DONE]
        self._undone = [entry for entry in reversed(listed) if entry.status is Status.UNDONE]
        self._held: deque[tuple[Entry, int]] = deque()
        self.held = 0
        """Bytes of operations in memory, roughly."""
        self._last = max([last, *(entry.id for entry in listed)])

    @property
    def done(self) -> Sequence[Entry]:
        """What is done, the latest last."""
        return self._done

    @property
    def undone(self) -> Sequence[Entry]:
        """What can be done again, the next last."""
        return self._undone

    def add(self, operation: Operation, time: str, operator: str) -> list[Entry]:
        """Put a new operation on top; returns its entry and those it drops."""
        dropped, self._undone = self._undone, []
        for entry in dropped:
            entry.status = Status.DROPPED
        self._last += 1
        entry = Entry(self._last, operation.kind, operation.name, time, operator, operation=operation)
        self._done.append(entry)
        self._held.append((entry, operation.size))
        self.held += operation.size
        return [*dropped, entry]

    def operation(self, entry: Entry) -> Operation:
        """An entry's operation, read back if need be; raises ``ProjectError`` where it can't be."""
        return entry.operation or self._fetch(entry.id)

    def step_back(self) -> Entry:
        """The latest done entry becomes undone."""
        return _moved(self._done, self._undone, Status.UNDONE)

    def step_forward(self) -> Entry:
        """The latest undone entry becomes done."""
        return _moved(self._undone, self._done, Status.DONE)

    def trim(self) -> None:
        """Let go of the oldest saved operations until those in memory fit the budget."""
        while self._held and self.held > self._budget and self._held[0][0].saved:
            entry, size = self._held.popleft()
            entry.operation = None
            self.held -= size


def _moved(source: list[Entry], target: list[Entry], status: Status) -> Entry:
    entry = source.pop()
    entry.status = status
    target.append(entry)
    return entry
