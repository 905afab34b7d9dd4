"""The document: a state, its history, and the file that stores both. The window is a view of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from psygnal import Signal

from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError, OutputError, ProjectError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.outputs import FileKind, check_replaceable, check_target, same_file
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.project.files import inputs_of
from imagest_core.project.gesture import GESTURE_ACTIVE, Gesture, OperationFactory
from imagest_core.project.history import History, HistoryEntry, Status
from imagest_core.project.operations import Operation
from imagest_core.project.operations.decisions import now
from imagest_core.project.operations.mask import change_mask, restore_damage
from imagest_core.project.operations.names import operation_name
from imagest_core.project.operations.results import add_run
from imagest_core.project.painting_reference import (
    LocatedScan,
    find_painting,
    reference_to,
    relocated_reference,
)
from imagest_core.project.recovery import backups
from imagest_core.project.recovery.rolling_backup import RollingBackup
from imagest_core.project.rewritten_scan import with_fingerprint
from imagest_core.project.run import Run
from imagest_core.project.snapshot import Snapshot
from imagest_core.project.state import Aspect, Calibration, Change, Changes, PaintingReference, State
from imagest_core.project.storage.folders import unnamed_project, unnamed_projects
from imagest_core.project.storage.lock import Lock, lock_to_create, lock_to_open
from imagest_core.project.storage.move import copy_store
from imagest_core.project.storage.store import Store
from imagest_core.project.storage.unpack import INVALID_DATA
from imagest_core.project.storage.unsaved import Unsaved

MAX_UNREACHABLE_RUNS = 10
"""How many of the newest results that undo can't reach any more are kept."""


class Document:
    """An open project.

    It changes only through :meth:`do`, :meth:`undo` and :meth:`redo`; each change is stored in the file
    before the method returns. If the file can't be written, the work continues in memory: ``write_error``
    holds the reason, every later change retries, and :meth:`save_as` stores everything elsewhere.

    Backups are made in the background: one on opening, then at intervals (:class:`.RollingBackup`).

    A stroke is a transaction (:meth:`begin_gesture`): operations that arrive during a stroke are applied
    after it.

    Signals
    -------
    changed : Change
        What changed, and where.
    history_changed
        The history has changed.
    write_error_changed : str
        Why the file can't be written, or "" once everything is stored.
    backup_error_changed : str
        Why a backup failed, or "".
    operation_rejected : str
        Why an operation queued during a stroke could not be applied.
    """

    changed = Signal(Change)
    history_changed = Signal()
    write_error_changed = Signal(str)
    backup_error_changed = Signal(str)
    operation_rejected = Signal(str)

    def __init__(self, state: State, store: Store, lock: Lock | None = None, read_only: str = "") -> None:
        self.state, self.store, self._lock = state, store, lock
        self.read_only = read_only
        """Why the document can't be changed, as a sentence; empty if it can."""
        self.write_error = ""
        self.history = _history(store)
        self._unsaved = Unsaved()
        self._last_run, self._numbering = store.last_run, threading.Lock()
        self._rolling, self._backup_error = RollingBackup(), ""
        self.gesture: Gesture | None = None
        """The stroke in progress, if any."""
        self._queue: deque[Operation | OperationFactory] = deque()

    # Opening

    @classmethod
    def create(cls, painting: Painting, path: Path | None = None) -> Self:
        """Create a project for ``painting`` in a new file, or (None) in memory; raises ``OutputError``."""
        state = _fresh_state(painting)
        if path is None:
            return cls(state, Store.create(None, state))
        lock = lock_to_create(path)
        try:
            return cls(state, Store.create(path, state), lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(cls, path: Path, *, take_over: bool = False) -> Self:
        """Open the project at ``path``.

        It is read-only if another process has it open or its folder can't be written. ``take_over`` ignores
        the lock of another computer. Raises ``ProjectError``.
        """
        if not path.is_file():
            raise ProjectError(
                Message("{path} doesn't exist: check the name, or whether its disk is connected.", path=path)
            )
        lock, reason = lock_to_open(path, take_over)
        try:
            store = Store.open(path, read_only=lock is None)
            document = cls(store.state(), store, lock, reason)
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        if lock is not None:
            document._rolling.start(path)
        return document

    @classmethod
    def open_read_only(cls, path: Path) -> Self:
        """Open the project at ``path`` read-only, even if it is in use; raises ``ProjectError``."""
        store = Store.open(path, read_only=True)
        return cls(store.state(), store, read_only=Message("{path} was opened read-only.", path=path.name))

    @classmethod
    def for_painting(cls, painting: Painting) -> Self:
        """Open or create the unnamed project of a scan, in memory if it can't be stored."""
        path = unnamed_project(painting.path, painting.sha256())
        try:
            if path.is_file():
                return cls.open(path)
            with suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
            return cls.create(painting, path)
        except InputError as error:
            document = cls.create(painting)
            document.write_error = error.message
            return document

    def find_painting(self, recent: Iterable[Path] = ()) -> LocatedScan:
        """Locate the scan, and store its location if it has moved."""
        located = find_painting(self.state.painting, self.path, recent)
        self._update_reference(located.reference)
        return located

    def relocate_painting(self, path: Path, *, accept_rewritten: bool = False) -> None:
        """Set the location of the scan to ``path``; raises ``ProjectError`` if that is another image.

        Raises ``RewrittenError`` if only the samples are those of the scan; with ``accept_rewritten`` the
        file is accepted.
        """
        self._update_reference(
            relocated_reference(self.state.painting, path, accept_rewritten=accept_rewritten)
        )

    def accept_rewritten(self, located: LocatedScan) -> LocatedScan:
        """Accept the rewritten file ``located`` as the scan if all its samples are unchanged.

        The log records it. Raises ``ProjectError`` if a sample differs or the samples can't be compared.
        """
        if located.rewritten is None or not located.rewritten.same_samples:
            raise ProjectError(located.note)
        self.relocate_painting(located.rewritten.path, accept_rewritten=True)
        return LocatedScan(self.state.painting, self.state.painting.path)

    def record_fingerprint(self, painting: Painting, progress: Progress | None = None) -> None:
        """Record the hashes that later show how the scan was changed, unless they are already known.

        It decodes the whole scan, so run it in a background job. Raises ``PaintingError`` and ``Cancelled``.
        """
        reference = self.state.painting
        if not reference.samples and painting.sha256() == reference.sha256:
            self._update_reference(with_fingerprint(reference, painting, progress, samples=True))

    def assume_srgb(self) -> None:
        """Use sRGB in place of an unusable colour profile of the scan, and store that choice."""
        self._update_reference(replace(self.state.painting, assume_srgb=True))

    def _update_reference(self, reference: PaintingReference) -> None:
        if reference != self.state.painting:
            self.state.painting = reference
            if not self.read_only:
                with suppress(OutputError):
                    self.store.update_reference(reference)

    def sign(self, operator: str) -> None:
        """Store the operator of later operations; not a step of the history, so undo never changes it.

        Raises ``ProjectError`` if the project is read-only.
        """
        self._check_writable()
        if operator != self.state.operator:
            self.state.operator = operator
            self._unsaved.add((), (Change(Aspect.OPERATOR, Box(0, 0, 0, 0)),))
            self._save()

    # Properties

    @property
    def path(self) -> Path | None:
        """The project file, None while the project is in memory."""
        return self.store.path

    @property
    def unnamed(self) -> bool:
        """Whether the user hasn't named the project yet."""
        return self.path is None or self.path.parent == unnamed_projects()

    @property
    def saved(self) -> bool:
        """Whether everything is stored in the file."""
        return self.path is not None and self._unsaved.empty

    @property
    def next_run(self) -> int:
        """Number of the next run."""
        return self._last_run + 1

    @property
    def repair_note(self) -> str:
        """What was repaired when the project was opened, as a sentence; empty if nothing was."""
        return self.store.repair_note

    def snapshot(self) -> Snapshot:
        """Return the project without a stroke in progress; call it from the thread that changes it."""
        return Snapshot.of(self.committed_state, self.store.log_head())

    # Changes

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
        self.gesture = Gesture(self)
        return self.gesture

    def end_gesture(self, name: str | None) -> None:
        """End the stroke: store it as ``name``, or (None) revert it; then apply queued operations."""
        gesture, self.gesture = self.gesture, None
        if gesture is None:
            return
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

    @property
    def committed_state(self) -> State:
        """The state without a stroke in progress."""
        if self.gesture is None:
            return self.state
        return replace(self.state, damage=self.gesture.before)

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

    # Storage

    def _save(self) -> None:
        """Write pending changes to the file; a failure is stored in :attr:`write_error`."""
        try:
            if self.write_error:
                self.store.reconnect()
            self.store.save(self._unsaved.entries, self._unsaved.changes, self.committed_state)
        except (OutputError, ProjectError) as error:
            self._set_trouble(error.message)
            return
        self._release_memory()
        self._unsaved.clear()
        if self.path is not None:
            self._set_trouble("")
            self._rolling.count_gesture(self.path)
            self._set_backup_error(self._rolling.error)

    def _release_memory(self) -> None:
        """Replace the stored runs in memory by their counterparts in the file."""
        for entry in self._unsaved.entries:
            entry.saved = True
            for run in entry.operation.runs if entry.operation is not None else ():
                entry.operation = None
                if run.id in self.state.runs:
                    self.state.runs[run.id] = self.store.run(run.id)
        self.history.trim()

    def _set_trouble(self, sentence: str) -> None:
        if sentence != self.write_error:
            self.write_error = sentence
            self.write_error_changed.emit(sentence)

    def _set_backup_error(self, sentence: str) -> None:
        if sentence != self._backup_error:
            self._backup_error = sentence
            self.backup_error_changed.emit(sentence)

    def flush(self) -> None:
        """Retry writing pending changes; raises ``OutputError`` if that still fails."""
        if not self._unsaved.empty:
            self._save()
        if not self._unsaved.empty:
            raise OutputError(self.write_error)

    def save_as(self, path: Path, *, force: bool = False) -> None:
        """Store the project with its history at ``path`` and continue there; raises ``OutputError``.

        An unnamed project is moved; the file of a named one is kept.
        """
        if self.path is not None and same_file(path, self.path):
            return self.flush()
        if path.exists() and not force:
            raise OutputError(Message("{path} already exists: choose another name.", path=path))
        check_target(path, force=True, inputs=inputs_of(self))
        check_replaceable(path, FileKind.PROJECT)
        lock = lock_to_create(path)
        try:
            unsaved = self._unsaved
            store = copy_store(self.store, unsaved.entries, unsaved.changes, self.committed_state, path)
        except BaseException:
            lock.release()
            raise
        self._move_to(store, lock, path)

    def _move_to(self, store: Store, lock: Lock, path: Path) -> None:
        old_path = self.path if self.unnamed and not self.read_only else None
        self._release()
        self.store, self._lock, self.read_only = store, lock, ""
        self.state.runs = store.runs()
        self.history = _history(store)
        self._unsaved.clear()
        self._set_trouble("")
        if old_path is not None:
            with suppress(OSError):
                old_path.unlink(missing_ok=True)
            backups.move_backups(old_path, path)
        self.history_changed.emit()

    def back_up(self) -> Path | None:
        """Make a backup now if anything has changed, and wait for it."""
        self._rolling.stop()
        return None if self.path is None or self.read_only else backups.back_up(self.path)

    def close(self) -> None:
        """Close the file; raises ``OutputError``, and stays open, if something could not be stored.

        A stroke in progress is reverted, and queued operations are applied.
        """
        self.end_gesture(None)
        if self.path is not None and not self.read_only:
            self.flush()
            with suppress(OutputError, ProjectError):
                self.store.delete_unlisted_runs(MAX_UNREACHABLE_RUNS)
        self._release()

    def abandon(self) -> None:
        """Close without saving pending changes."""
        self._release()

    def _release(self) -> None:
        self._rolling.stop()
        self.store.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close() if error is None else self.abandon()


def _history(store: Store) -> History:
    entries = store.entries()
    last = entries[-1].id if entries else 0
    kept = (entry for entry in entries if entry.status is not Status.DROPPED)
    return History(store.operation, kept, last_id=last)


def _fresh_state(painting: Painting) -> State:
    scale = None if painting.resolution is None else Calibration(painting.resolution)
    return State(reference_to(painting), DamageMap(painting.width, painting.height), calibration=scale)
