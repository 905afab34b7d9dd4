"""The document: the changes to a project and their history. The window is a view of it."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from dataclasses import replace

from psygnal import Signal

from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError, OutputError, ProjectError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.project.gesture import GESTURE_ACTIVE, Gesture, OperationFactory
from imagest_core.project.history import HistoryEntry
from imagest_core.project.operations import Operation
from imagest_core.project.operations.decisions import now
from imagest_core.project.operations.mask import change_mask, restore_damage
from imagest_core.project.operations.names import operation_name
from imagest_core.project.operations.results import add_run
from imagest_core.project.run import Run
from imagest_core.project.snapshot import Snapshot
from imagest_core.project.state import Aspect, Change, Changes, State
from imagest_core.project.storage.lock import Lock
from imagest_core.project.storage.store import Store
from imagest_core.project.storage.unpack import INVALID_DATA
from imagest_core.project.stored_document import StoredDocument


class Document(StoredDocument):
    """An open project.

    It changes only through :meth:`do`, :meth:`undo` and :meth:`redo`; each change is stored in the file
    before the method returns (:class:`.StoredDocument`).

    A stroke is a transaction (:meth:`begin_gesture`): operations that arrive during a stroke are applied
    after it.

    Signals
    -------
    changed : Change
        What changed, and where.
    operation_rejected : str
        Why an operation queued during a stroke could not be applied.
    """

    changed = Signal(Change)
    operation_rejected = Signal(str)

    def __init__(self, state: State, store: Store, lock: Lock | None = None, read_only: str = "") -> None:
        super().__init__(state, store, lock, read_only)
        self._last_run, self._numbering = store.last_run, threading.Lock()
        self.gesture: Gesture | None = None
        """The stroke in progress, if any."""
        self._queue: deque[Operation | OperationFactory] = deque()

    def sign(self, operator: str) -> None:
        """Store the operator of later operations; not a step of the history, so undo never changes it.

        Raises ``ProjectError`` if the project is read-only.
        """
        self._check_writable()
        if operator != self.state.operator:
            self.state.operator = operator
            self._unsaved.add((), (Change(Aspect.OPERATOR, Box(0, 0, 0, 0)),))
            self._save()

    @property
    def committed_state(self) -> State:
        """The state without a stroke in progress."""
        if self.gesture is None:
            return self.state
        return replace(self.state, damage=self.gesture.before)

    @property
    def next_run(self) -> int:
        """Number of the next run."""
        return self._last_run + 1

    def snapshot(self) -> Snapshot:
        """Return the project without a stroke in progress; call it from the thread that changes it."""
        return Snapshot.of(self.committed_state, self.store.log_head())

    def do(self, operation: Operation | OperationFactory) -> None:
        """Apply ``operation``, or the one it creates from the state, and store it.

        During a stroke it is queued until the stroke ends. Raises ``ProjectError`` if the project is
        read-only or the operation doesn't fit the state, which is then unchanged.
        """
        self._check_writable()
        if self.gesture is not None:
            self._queue.append(operation)
        else:
            self._apply_now(operation)

    def begin_gesture(self) -> Gesture:
        """Start a stroke that is painted into ``state.damage``; raises ``ProjectError``."""
        self._check_writable()
        if self.gesture is not None:
            raise ProjectError(GESTURE_ACTIVE)
        self.gesture = Gesture(self.state.damage.copy(), self.end_gesture)
        return self.gesture

    def end_gesture(self, name: str | None) -> None:
        """End the stroke: store it as ``name``, or (None) revert it; then apply queued operations."""
        gesture, self.gesture = self.gesture, None
        if gesture is None:
            return
        gesture.active = False
        try:
            if name is None:
                self.revert_to(gesture.before)
            else:
                self.record_gesture(gesture.before, name)
        finally:
            self._apply_queued()

    def record_gesture(self, before: DamageMap, name: str) -> None:
        """Store a gesture that is already painted into ``state.damage``, which was ``before``.

        If it is rejected, it is reverted. Raises ``ProjectError`` and ``MaskError``.
        """
        try:
            self._check_no_gesture()
            operation = change_mask(before, self.state.damage, name, applied=True)
        except InputError:
            self.revert_to(before)
            raise
        if operation.patches:
            self._record(operation, (operation.change,))

    def revert_to(self, before: DamageMap) -> None:
        """Revert a gesture in progress in ``state.damage``, which was ``before``."""
        for change in restore_damage(self.state.damage, before):
            self.changed.emit(change)

    def undo(self) -> bool:
        """Undo the latest operation; False if there is none. Raises ``ProjectError``."""
        self._check_no_gesture()
        if not self.history.done:
            return False
        changes = self._apply(self.history.operation(self.history.done[-1]).inverse())
        self._keep([self.history.step_back()], changes)
        return True

    def redo(self) -> bool:
        """Redo the operation undone last; False if there is none. Raises ``ProjectError``."""
        self._check_no_gesture()
        if not self.history.undone:
            return False
        changes = self._apply(self.history.operation(self.history.undone[-1]))
        self._keep([self.history.step_forward()], changes)
        return True

    def archived_results(self) -> list[Run]:
        """Return stored results that are not listed: discarded, or undone and unreachable for redo."""
        return list(self.store.runs(listed=False).values())

    def restore_archived(self, number: int) -> None:
        """List an archived result again; raises ``ProjectError`` if it is no longer stored."""
        kept = {run.id: run for run in self.archived_results()}
        if number not in kept:
            raise ProjectError(
                Message(
                    "Result {number} is no longer stored: restore again with its settings.", number=number
                )
            )
        self.do(replace(add_run(kept[number]), name=operation_name("restore_result")))

    def store_run(self, run: Run, progress: Progress | None = None) -> Run:
        """Assign a number to ``run`` and store its samples, which makes listing it by :meth:`do` fast.

        Call it from the thread that made the run. If the file can't be written, the run stays in memory and
        :meth:`do` reports the reason. Until it is listed it counts as archived. Raises ``Cancelled``.
        """
        with self._numbering:
            self._last_run += 1
            numbered = replace(run, id=self._last_run)
        if not self.read_only:
            with suppress(OutputError, ProjectError):
                self.store.store_run(numbered, progress or Progress())
        return numbered

    def _check_writable(self) -> None:
        if self.read_only:
            raise ProjectError(self.read_only)

    def _check_no_gesture(self) -> None:
        self._check_writable()
        if self.gesture is not None:
            raise ProjectError(GESTURE_ACTIVE)

    def _apply_now(self, requested: Operation | OperationFactory) -> None:
        operation = requested if isinstance(requested, Operation) else requested(self.state)
        if operation is not None:
            self._record(operation, self._apply(operation))

    def _apply_queued(self) -> None:
        """Apply queued operations in order; failures are reported by ``operation_rejected``."""
        while self._queue and self.gesture is None:
            try:
                self._apply_now(self._queue.popleft())
            except InputError as error:
                self.operation_rejected.emit(error.message)

    def _apply(self, operation: Operation) -> Changes:
        """Apply ``operation``; raises ``ProjectError`` if its stored content is invalid."""
        try:
            return operation.apply(self.state)
        except INVALID_DATA as error:
            raise ProjectError(
                Message(
                    "“{operation}” is damaged in the project file: `imagest project rescue` reads what "
                    "can be read into a new file.",
                    operation=operation.name,
                )
            ) from error

    def _record(self, operation: Operation, changes: Changes) -> None:
        with self._numbering:
            self._last_run = max([self._last_run, *(run.id for run in operation.runs)])
        self._keep(self.history.add(operation, now(), self.state.operator), changes)

    def _keep(self, entries: list[HistoryEntry], changes: Changes) -> None:
        self._unsaved.add(entries, changes)
        self._save()
        for change in changes:
            self.changed.emit(change)
        self.history_changed.emit()

    def close(self) -> None:
        """Revert a stroke in progress, apply queued operations, and close the file; see the base class."""
        self.end_gesture(None)
        super().close()
