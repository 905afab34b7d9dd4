"""A run's result comes in, or is put away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from imagest_core.project.operations.base import Operation, Payload, Shelf
from imagest_core.project.run import Run
from imagest_core.project.state import Aspect, Change, Changes, State


@dataclass(frozen=True)
class RunListed(Operation):
    """``run`` is listed among the results, or (``listed`` false) no longer."""

    kind: ClassVar[str] = "run"
    run: Run
    listed: bool = True

    def apply(self, state: State) -> Changes:
        if self.listed:
            state.runs[self.run.id] = self.run
        else:
            state.runs.pop(self.run.id, None)
        return (Change(Aspect.RUNS, self.run.box, run=self.run.id),)

    @property
    def runs(self) -> tuple[Run, ...]:
        return (self.run,) if self.listed else ()

    def inverse(self) -> RunListed:
        return replace(self, listed=not self.listed)

    def encode(self) -> Payload:
        """Only its number: a run's samples and record have tables of their own."""
        return Payload({"run": self.run.id, "listed": self.listed})

    @classmethod
    def decode(cls, name: str, payload: Payload, shelf: Shelf) -> Self:
        listed = payload.data["listed"]
        if not isinstance(listed, bool):
            raise TypeError("whether a run is listed can't be told")
        return cls(shelf.run(payload.data["run"]), listed, name=name)


def add_run(run: Run) -> RunListed:
    """A new result."""
    return RunListed(run, name=f"Restore with {run.engine}")


def remove_run(run: Run) -> RunListed:
    """Put a result away; undo brings it back."""
    return RunListed(run, listed=False, name="Discard result")
