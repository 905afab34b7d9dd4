"""What has been done and isn't in the project file yet."""

from __future__ import annotations

from collections.abc import Iterable

from imagest_core.project.history import Entry
from imagest_core.project.state import Change


class Unsaved:
    """Entries of the history and changes of the state; empty after every gesture unless a disk fails."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._changes: dict[Change, None] = {}

    @property
    def entries(self) -> list[Entry]:
        """Entries that are new or have moved, the oldest first."""
        return [self._entries[number] for number in sorted(self._entries)]

    @property
    def changes(self) -> list[Change]:
        """What has been touched, each once."""
        return list(self._changes)

    @property
    def empty(self) -> bool:
        """Whether the file has everything."""
        return not self._entries

    def add(self, entries: Iterable[Entry], changes: Iterable[Change]) -> None:
        """Something was done."""
        self._entries.update((entry.id, entry) for entry in entries)
        self._changes.update((change, None) for change in changes)

    def clear(self) -> None:
        """The file has everything."""
        self._entries.clear()
        self._changes.clear()
