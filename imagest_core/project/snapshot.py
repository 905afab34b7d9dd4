"""A project at one moment: everything that an export writes is made from one of these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from imagest_core.damage.map import DamageMap
from imagest_core.project.accepted_fills import Accepted
from imagest_core.project.operations.decisions import now
from imagest_core.project.state import State


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The project as it was at ``time`` (ISO 8601 in UTC); nothing done later changes it.

    ``log`` is the hash of the last line of its log then. Take it in the thread that changes the project
    (:meth:`~imagest_core.project.document.Document.snapshot`); use it in any.
    """

    state: State
    accepted: Accepted
    time: str
    log: str

    @classmethod
    def of(cls, state: State, log: str = "") -> Snapshot:
        """``state`` as it is now."""
        copy = state.copy()
        return cls(copy, Accepted(copy), now(), log)

    @cached_property
    def filled(self) -> DamageMap:
        """The pixels that the accepted fills cover, as label 1: what an export changes of the scan."""
        made = DamageMap(self.state.damage.width, self.state.damage.height)
        for tile in self.accepted.tiles():
            made.write(tile.box, tile.mask.astype("u1"))
        return made
