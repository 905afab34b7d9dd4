"""A project at one moment; exports are made from a snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from imagest_core.cached import cached_property
from imagest_core.damage.map import DamageMap
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.operations.decisions import now
from imagest_core.project.state import State


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The project at ``time`` (ISO 8601 in UTC), unaffected by later changes.

    Create it in the thread that changes the project
    (:meth:`~imagest_core.project.document.Document.snapshot`); it can be used in any thread.

    Parameters
    ----------
    state
        Copy of the state.
    accepted
        The accepted fills.
    time
        When the snapshot was taken.
    log
        Hash of the last line of the log at that time.
    """

    state: State
    accepted: AcceptedFills
    time: str
    log: str

    @classmethod
    def of(cls, state: State, log: str = "") -> Snapshot:
        """Take a snapshot of ``state``."""
        copy = state.copy()
        return cls(copy, AcceptedFills(copy), now(), log)

    @cached_property
    def filled(self) -> DamageMap:
        """Map of the pixels under accepted fills as label 1: what an export changes in the scan."""
        filled = DamageMap(self.state.damage.width, self.state.damage.height)
        for tile in self.accepted.tiles():
            filled.write(tile.box, tile.mask.astype("u1"))
        return filled
