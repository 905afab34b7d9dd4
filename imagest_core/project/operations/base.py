"""Base class of all operations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol, Self

from imagest_core.project.operations.names import decode_name
from imagest_core.project.run import Run
from imagest_core.project.state import Changes, State
from imagest_core.project.storage.codec import Json


class Payload(NamedTuple):
    """An operation as JSON and bytes."""

    data: Json
    blob: bytes = b""


class RunSource(Protocol):
    """Source of the runs that decoded operations refer to."""

    def run(self, number: int) -> Run:
        """Return the run with this number, listed or not."""


KINDS: dict[str, type[Operation]] = {}
"""The operations by the name under which they are stored; each class adds itself."""


@dataclass(frozen=True)
class Operation(ABC):
    """One gesture; ``name``, from ``operations.names``, is shown in the history."""

    kind: ClassVar[str]
    name: str = field(kw_only=True)

    def __init_subclass__(cls) -> None:
        KINDS[cls.kind] = cls

    @abstractmethod
    def apply(self, state: State) -> Changes:
        """Change ``state``, and return what has changed."""

    @abstractmethod
    def inverse(self) -> Operation:
        """Return the operation that undoes this one; it has the same name."""

    @abstractmethod
    def encode(self) -> Payload:
        """Encode the operation as JSON and bytes."""

    @classmethod
    @abstractmethod
    def decode(cls, name: str, payload: Payload, run_source: RunSource) -> Self:
        """Decode the result of :meth:`encode`."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """Runs that the operation adds; their content is stored in the project file with it."""
        return ()

    @property
    def size(self) -> int:
        """Approximate size in memory, in bytes."""
        return 256


def decode(kind: str, name: str, payload: Payload, run_source: RunSource) -> Operation:
    """Decode an operation of this ``kind`` from ``payload``."""
    return KINDS[kind].decode(decode_name(name), payload, run_source)
