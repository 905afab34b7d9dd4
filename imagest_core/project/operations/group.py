"""Several operations as one gesture, for instance an imported mask and its new classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from imagest_core.project.operations.base import Operation, Payload, RunSource, decode
from imagest_core.project.operations.names import encode_name
from imagest_core.project.run import Run
from imagest_core.project.state import Change, Changes, State
from imagest_core.project.storage.codec import concatenate, split


@dataclass(frozen=True)
class OperationGroup(Operation):
    """A sequence of operations, ``parts``."""

    kind: ClassVar[str] = "together"
    parts: tuple[Operation, ...]

    def apply(self, state: State) -> Changes:
        """Apply all parts in order; if one fails, undo those before it and raise."""
        changes: list[Change] = []
        applied: list[Operation] = []
        try:
            for part in self.parts:
                changes += part.apply(state)
                applied.append(part)
        except BaseException:
            for part in reversed(applied):
                part.inverse().apply(state)
            raise
        return tuple(changes)

    def inverse(self) -> OperationGroup:
        """Return the inverse parts in reverse order."""
        return OperationGroup(tuple(part.inverse() for part in reversed(self.parts)), name=self.name)

    def encode(self) -> Payload:
        """Encode all parts."""
        payloads = [part.encode() for part in self.parts]
        data = [
            [part.kind, encode_name(part.name), payload.data, len(payload.blob)]
            for part, payload in zip(self.parts, payloads, strict=True)
        ]
        return Payload({"parts": data}, concatenate(payload.blob for payload in payloads))

    @classmethod
    def decode(cls, name: str, payload: Payload, run_source: RunSource) -> Self:
        """Decode the result of :meth:`encode`."""
        rows = payload.data["parts"]
        blobs = split(payload.blob, [row[3] for row in rows])
        parts = (
            decode(kind, part, Payload(data, blob), run_source)
            for (kind, part, data, _), blob in zip(rows, blobs, strict=True)
        )
        return cls(tuple(parts), name=name)

    @property
    def runs(self) -> tuple[Run, ...]:
        """Runs of all parts."""
        return tuple(run for part in self.parts for run in part.runs)

    @property
    def size(self) -> int:
        """Approximate size in memory, in bytes."""
        return 256 + sum(part.size for part in self.parts)
