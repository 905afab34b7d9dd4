"""Operations: the only way a project changes.

Each is one gesture of the conservator, carries a name for the history, applies to a
:class:`~imagest_core.project.state.State`, inverts, and becomes JSON and bytes and back. Undo, the
project file and the log are one list of them.
"""

from __future__ import annotations

from imagest_core.project.operations.base import Operation, Payload, Shelf
from imagest_core.project.operations.decisions import Decided
from imagest_core.project.operations.group import Together
from imagest_core.project.operations.mask import Relabelled
from imagest_core.project.operations.results import RunListed
from imagest_core.project.operations.settings import Setting

KINDS: dict[str, type[Operation]] = {
    kind.kind: kind for kind in (Relabelled, Setting, RunListed, Decided, Together)
}


def decode(kind: str, name: str, payload: Payload, shelf: Shelf) -> Operation:
    """The operation of this ``kind`` that its ``encode`` turned into ``payload``."""
    return KINDS[kind].decode(name, payload, shelf)


__all__ = [
    "KINDS",
    "Decided",
    "Operation",
    "Payload",
    "Relabelled",
    "RunListed",
    "Setting",
    "Shelf",
    "Together",
    "decode",
]
