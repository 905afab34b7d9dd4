"""What every operation is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol, Self

from imagest_core.project.run import Run
from imagest_core.project.state import Changes, State
from imagest_core.project.storage.codec import Json


class Payload(NamedTuple):
    """An operation as JSON and bytes."""

    data: Json
    blob: bytes = b""


class Shelf(Protocol):
    """Where operations that are read back find the runs they are about."""

    def run(self, number: int) -> Run:
        """The run with this number, listed or not."""


@dataclass(frozen=True)
class Operation(ABC):
    """One gesture: ``name`` is what the history shows."""

    kind: ClassVar[str]
    name: str = field(kw_only=True)

    @abstractmethod
    def apply(self, state: State) -> Changes:
        """Change ``state``, and say what was touched."""

    @abstractmethod
    def inverse(self) -> Operation:
        """The operation that takes this one back; it has the same name."""

    @abstractmethod
    def encode(self) -> Payload:
        """This operation as JSON and bytes."""

    @classmethod
    @abstractmethod
    def decode(cls, name: str, payload: Payload, shelf: Shelf) -> Self:
        """The operation that :meth:`encode` turned into ``payload``."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs it brings in, whose content goes into the project file with it."""
        return ()

    @property
    def size(self) -> int:
        """Bytes it holds in memory, roughly."""
        return 256
