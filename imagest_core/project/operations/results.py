"""Adding and removing the result of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from imagest_core.project.operations.base import Operation, Payload, RunSource
from imagest_core.project.operations.names import operation_name
from imagest_core.project.run import Run
from imagest_core.project.state import Aspect, Change, Changes, State


@dataclass(frozen=True)
class ListRun(Operation):
    """Add ``run`` to the listed results, or remove it (``listed`` false)."""

    kind: ClassVar[str] = "run"
    run: Run
    listed: bool = True

    def apply(self, state: State) -> Changes:
        """Add or remove the run."""
        if self.listed:
            state.runs[self.run.id] = self.run
        else:
            state.runs.pop(self.run.id, None)
        return (Change(Aspect.RUNS, self.run.box, run=self.run.id),)

    @property
    def runs(self) -> tuple[Run, ...]:
        """The run if it is added."""
        return (self.run,) if self.listed else ()

    def inverse(self) -> ListRun:
        """Return the operation that removes or adds the run."""
        return replace(self, listed=not self.listed)

    def encode(self) -> Payload:
        """Encode the number only: samples and record of a run have tables of their own."""
        return Payload({"run": self.run.id, "listed": self.listed})

    @classmethod
    def decode(cls, name: str, payload: Payload, run_source: RunSource) -> Self:
        """Decode the result of :meth:`encode`."""
        listed = payload.data["listed"]
        if not isinstance(listed, bool):
            raise TypeError("listed is not a boolean")
        return cls(run_source.run(payload.data["run"]), listed, name=name)


def add_run(run: Run) -> ListRun:
    """Add a new result."""
    return ListRun(run, name=operation_name("restore", engine=run.engine))


def remove_run(run: Run) -> ListRun:
    """Remove a result from the list; undo restores it."""
    return ListRun(run, listed=False, name=operation_name("discard_result"))
