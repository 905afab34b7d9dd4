"""Bound the memory of the jobs that are in progress at the same time."""

from __future__ import annotations

from threading import Condition

from imagest_core.models.requirements import machine_memory
from imagest_core.progress import Progress

SHARE = 0.5
"""Share of the machine's memory that the jobs of all its workers may use together."""
FALLBACK = 4 << 30
"""Memory in bytes assumed if the system doesn't report it."""
_POLL = 0.1


class MemoryBudget:
    """Lets jobs proceed while their expected memory fits; a job that is alone always proceeds."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = self.highest = 0
        self._condition = Condition()

    @classmethod
    def of_machine(cls, workers: int = 1) -> MemoryBudget:
        """Return this worker's part of the machine's memory."""
        return cls(int((machine_memory() or FALLBACK) * SHARE / max(workers, 1)))

    def take(self, size: int, progress: Progress) -> None:
        """Wait until ``size`` bytes fit, and take them; raises ``Cancelled``."""
        with self._condition:
            while self.used and self.used + size > self.limit:
                progress.check()
                self._condition.wait(_POLL)
            self.used += size
            self.highest = max(self.highest, self.used)

    def give(self, size: int) -> None:
        """Return ``size`` bytes."""
        with self._condition:
            self.used -= size
            self._condition.notify_all()
