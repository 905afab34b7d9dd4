"""Changes that are not in the project file yet."""

from __future__ import annotations

from collections.abc import Iterable

from imagest_core.project.history import HistoryEntry
from imagest_core.project.state import Change


class Unsaved:
    """Pending history entries and changes; empty after every gesture unless writing fails."""

    def __init__(self) -> None:
        self._entries: dict[int, HistoryEntry] = {}
        self._changes: dict[Change, None] = {}

    @property
    def entries(self) -> list[HistoryEntry]:
        """New or changed entries, the oldest first."""
        return [self._entries[number] for number in sorted(self._entries)]

    @property
    def changes(self) -> list[Change]:
        """Changes, each once."""
        return list(self._changes)

    @property
    def empty(self) -> bool:
        """Whether nothing is pending."""
        return not self._entries and not self._changes

    def add(self, entries: Iterable[HistoryEntry], changes: Iterable[Change]) -> None:
        """Add entries and changes."""
        self._entries.update((entry.id, entry) for entry in entries)
        self._changes.update((change, None) for change in changes)

    def clear(self) -> None:
        """Discard everything after a successful write."""
        self._entries.clear()
        self._changes.clear()
