"""Operations apply, invert and serialise in any order and number."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import tifffile
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from project_runs import run_filling

from imagest_core.damage.classes import Policy
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.project.document import Document
from imagest_core.project.operations import OperationGroup, decisions, decode, mask, results
from imagest_core.project.operations import settings as values
from imagest_core.project.operations.rejected_parts import reject_part, take_back_part
from imagest_core.project.run import Run
from imagest_core.project.state import State, Subject, Verdict

WIDTH, HEIGHT = 520, 300
boxes = st.builds(Box, st.integers(-20, 510), st.integers(-20, 290), st.integers(1, 300), st.integers(1, 60))
labels = st.integers(0, 6)


def run_of(number: int, box: Box) -> Run:
    record = f'{{"seed":{number}}}'
    return run_filling(
        number,
        [box.within(Box(0, 0, WIDTH, HEIGHT))],
        number % 256,
        (WIDTH, HEIGHT),
        (1, np.uint8),
        record=record,
    )


def frozen_state(state: State) -> tuple[object, ...]:
    """Return a state as a value that later operations can't change."""
    copy = state.copy()
    settings_ = copy.damage.classes, copy.style, copy.operator, copy.notes
    return copy.damage, settings_, copy.runs, copy.decisions, copy.rejected_parts


class HistoryMachine(RuleBasedStateMachine):
    """Random operations, undo, redo and reopening, compared with a list of states."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        scan = Path(self.folder.name, "scan.tif")
        tifffile.imwrite(scan, np.zeros((HEIGHT, WIDTH), np.uint8))
        with open_painting(scan) as painting:
            self.document = Document.create(painting, Path(self.folder.name, "work.imagest"))
        self.past, self.future = [frozen_state(self.document.state)], list[tuple[object, ...]]()

    def teardown(self) -> None:
        self.document.abandon()
        self.folder.cleanup()

    @property
    def state(self) -> State:
        return self.document.state

    def record(self) -> None:
        self.past.append(frozen_state(self.state))
        self.future.clear()

    @rule(box=boxes, label=labels)
    def paint(self, box: Box, label: int) -> None:
        before = self.state.damage.copy()
        mask.paint(self.state.damage, box, np.ones((box.height, box.width), bool), label)
        if self.state.damage != before:
            self.document.record_gesture(before, "Paint")
            self.record()

    @rule(label=st.integers(1, 6), policy=st.sampled_from(Policy))
    def change_policy(self, label: int, policy: Policy) -> None:
        self.document.do(values.set_policy(self.state, label, policy))
        self.record()

    @rule(box=boxes, note=st.text(max_size=20))
    def apply_group(self, box: Box, note: str) -> None:
        parts = (values.add_style_region(self.state, box), values.set_notes(self.state, note))
        self.document.do(OperationGroup(parts, name="Both"))
        self.record()

    @rule(
        box=st.builds(Box, st.integers(0, 500), st.integers(0, 280), st.integers(1, 300), st.integers(1, 60))
    )
    def restore(self, box: Box) -> None:
        self.document.do(results.add_run(run_of(self.document.next_run, box)))
        self.record()

    @precondition(lambda self: self.state.runs)
    @rule(data=st.data())
    def decide(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(list(self.state.runs.values())))
        decide = data.draw(st.sampled_from([decisions.accept, decisions.reject, decisions.reconsider]))
        self.document.do(decide(self.state, run, run.numbers))
        self.record()

    @precondition(lambda self: self.state.runs)
    @rule(data=st.data(), box=boxes, change=st.sampled_from([reject_part, take_back_part]))
    def reject_part(self, data: st.DataObject, box: Box, change) -> None:
        run = data.draw(st.sampled_from(list(self.state.runs.values())))
        painted = DamageMap(WIDTH, HEIGHT)
        painted.write(box, np.ones((box.height, box.width), np.uint8))
        operation = change(self.state, run, painted)
        if operation is not None:
            self.document.do(operation)
            self.record()

    @precondition(lambda self: self.state.runs)
    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        self.document.do(results.remove_run(data.draw(st.sampled_from(list(self.state.runs.values())))))
        self.record()

    @rule(box=boxes, note=st.text(max_size=20))
    def review(self, box: Box, note: str) -> None:
        self.document.do(decisions.review(self.state, box, Verdict.REJECTED))
        self.record()
        self.document.do(decisions.annotate(self.state, Subject(box=box), note))
        self.record()

    @rule()
    def undo(self) -> None:
        assert self.document.undo() == (len(self.past) > 1)
        if len(self.past) > 1:
            self.future.append(self.past.pop())

    @rule()
    def redo(self) -> None:
        assert self.document.redo() == bool(self.future)
        if self.future:
            self.past.append(self.future.pop())

    @rule()
    def reopen(self) -> None:
        self.document.close()
        assert self.document.path is not None
        self.document = Document.open(self.document.path)

    @invariant()
    def state_is_expected(self) -> None:
        assert frozen_state(self.state) == self.past[-1]

    @invariant()
    def operations_serialise(self) -> None:
        for entry in self.document.history.done[-1:]:
            operation = self.document.history.operation(entry)
            decoded = decode(operation.kind, operation.name, operation.encode(), self.document.store)
            assert decoded == operation
            assert decoded.inverse().inverse() == decoded


TestHistory = HistoryMachine.TestCase
TestHistory.settings = settings(
    max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
