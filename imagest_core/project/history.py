"""The list of operations for undo and redo."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from imagest_core.project.operations import Operation

MEMORY_BUDGET = 64 * 2**20
"""Bytes of operations kept in memory; older ones are read from the project file when undo needs them."""


class Status(StrEnum):
    """State of an operation."""

    DONE = "done"
    UNDONE = "undone"
    DROPPED = "dropped"
    """Undone and followed by another operation: it stays in the log, but can't be redone."""


@dataclass
class HistoryEntry:
    """One line of the history.

    ``operation`` is None while it is only in the project file; ``saved`` means that it is in the file.
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
    """Done and undone operations; ``read_operation`` reads one from the file."""

    def __init__(
        self,
        read_operation: Callable[[int], Operation],
        entries: Iterable[HistoryEntry] = (),
        *,
        last_id: int = 0,
        memory_budget: int = MEMORY_BUDGET,
    ) -> None:
        all_entries = list(entries)
        self._read_operation, self._memory_budget = read_operation, memory_budget
        self._done = [entry for entry in all_entries if entry.status is Status.DONE]
        self._undone = [entry for entry in reversed(all_entries) if entry.status is Status.UNDONE]
        self._in_memory: deque[tuple[HistoryEntry, int]] = deque()
        self.memory_bytes = 0
        """Approximate bytes of operations in memory."""
        self._last_id = max([last_id, *(entry.id for entry in all_entries)])

    @property
    def done(self) -> Sequence[HistoryEntry]:
        """Done operations, the latest last."""
        return self._done

    @property
    def undone(self) -> Sequence[HistoryEntry]:
        """Operations that can be redone, the next last."""
        return self._undone

    def add(self, operation: Operation, time: str, operator: str) -> list[HistoryEntry]:
        """Add a new operation; return its entry and the entries it drops."""
        dropped, self._undone = self._undone, []
        for entry in dropped:
            entry.status = Status.DROPPED
        self._last_id += 1
        entry = HistoryEntry(
            self._last_id, operation.kind, operation.name, time, operator, operation=operation
        )
        self._done.append(entry)
        self._in_memory.append((entry, operation.size))
        self.memory_bytes += operation.size
        return [*dropped, entry]

    def operation(self, entry: HistoryEntry) -> Operation:
        """Return the operation of an entry, reading it if necessary; raises ``ProjectError``."""
        return entry.operation or self._read_operation(entry.id)

    def step_back(self) -> HistoryEntry:
        """Move the latest done entry to the undone ones."""
        return _move(self._done, self._undone, Status.UNDONE)

    def step_forward(self) -> HistoryEntry:
        """Move the latest undone entry to the done ones."""
        return _move(self._undone, self._done, Status.DONE)

    def trim(self) -> None:
        """Release the oldest saved operations until the rest fits the memory budget."""
        while self._in_memory and self.memory_bytes > self._memory_budget and self._in_memory[0][0].saved:
            entry, size = self._in_memory.popleft()
            entry.operation = None
            self.memory_bytes -= size


def _move(source: list[HistoryEntry], target: list[HistoryEntry], status: Status) -> HistoryEntry:
    entry = source.pop()
    entry.status = status
    target.append(entry)
    return entry
