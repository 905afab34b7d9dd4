"""The document: a state, its history, and the file that keeps both. The window is a view of it."""

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
from imagest_core.painting.outputs import Kind, check_replaceable, check_target, same_file
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.project.files import inputs_of
from imagest_core.project.gesture import UNDER_WAY, Gesture, Maker
from imagest_core.project.history import Entry, History, Status
from imagest_core.project.operations import Operation
from imagest_core.project.operations.decisions import now
from imagest_core.project.operations.mask import relabelled, restored
from imagest_core.project.operations.results import add_run
from imagest_core.project.painting_reference import LocatedScan, find_painting, reference_to, shown_painting
from imagest_core.project.recovery import backups
from imagest_core.project.recovery.rolling_backup import Rolling
from imagest_core.project.rewritten_scan import with_facts
from imagest_core.project.run import Run
from imagest_core.project.snapshot import Snapshot
from imagest_core.project.state import Calibration, Change, Changes, PaintingReference, State
from imagest_core.project.storage.folders import unnamed_project, unnamed_projects
from imagest_core.project.storage.lock import Lock, lock_to_create, lock_to_open
from imagest_core.project.storage.move import moved_store
from imagest_core.project.storage.store import Store
from imagest_core.project.storage.unpack import UNSOUND
from imagest_core.project.storage.unsaved import Unsaved

OVERTAKEN = 10
"""Results that were taken back and then overtaken: so many, the newest, are kept."""


class Document:
    """A project that is open.

    It changes by :meth:`do`, :meth:`undo` and :meth:`redo` only; each is kept in the file before it
    returns. Where the file can't be written the work goes on in memory: ``trouble`` says why in one
    sentence, every later gesture tries again, and :meth:`save_as` takes everything elsewhere.

    Backups are made beside the work: one when it is opened, then now and then (:mod:`.rolling`).

    A stroke is a transaction (:meth:`begin_gesture`): operations that arrive meanwhile are applied after it.

    ``changed(Change)``: what and where, for views; ``history_changed()``; ``troubled(str)``: a
    sentence, or "" once the file is whole again; ``warned(str)``: why a backup couldn't be made;
    ``refused(str)``: why an operation that had waited for the end of a stroke couldn't be applied.
    """

    changed = Signal(Change)
    history_changed = Signal()
    troubled = Signal(str)
    warned = Signal(str)
    refused = Signal(str)

    def __init__(self, state: State, store: Store, lock: Lock | None = None, read_only: str = "") -> None:
        self.state, self.store, self._lock = state, store, lock
        self.read_only = read_only
        """Why it can't be changed, as a sentence; empty where it can."""
        self.trouble = ""
        self.history = _history(store)
        self._unsaved = Unsaved()
        self._last_run, self._numbering = store.last_run, threading.Lock()
        self._rolling, self._warning = Rolling(), ""
        self.gesture: Gesture | None = None
        """The stroke under way, if there is one."""
        self._waiting: deque[Operation | Maker] = deque()

    # Opening

    @classmethod
    def create(cls, painting: Painting, path: Path | None = None) -> Self:
        """A new project of ``painting`` in a new file, or (None) in memory; raises ``OutputError``."""
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
        """The project at ``path``; read only where somebody else has it or its folder can't be written.

        ``take_over`` ignores a lock that another computer has left. Raises ``ProjectError``.
        """
        if not path.is_file():
            raise ProjectError(f"{path} isn't there: check the name, or whether its disk is connected.")
        lock, reason = lock_to_open(path, take_over)
        try:
            store = Store.open(path, read_only=lock is None)
            made = cls(store.state(), store, lock, reason)
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        if lock is not None:
            made._rolling.begin(path)
        return made

    @classmethod
    def look_at(cls, path: Path) -> Self:
        """The project at ``path``, read only, whoever has it; raises ``ProjectError``."""
        store = Store.open(path, read_only=True)
        return cls(store.state(), store, read_only=f"{path.name} was opened only to look at it.")

    @classmethod
    def of_painting(cls, painting: Painting) -> Self:
        """The unnamed project of a scan, begun or gone on with; in memory where it can't be kept."""
        path = unnamed_project(painting.path, painting.sha256())
        try:
            if path.is_file():
                return cls.open(path)
            with suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
            return cls.create(painting, path)
        except InputError as error:
            made = cls.create(painting)
            made.trouble = str(error)
            return made

    def find_painting(self, recent: Iterable[Path] = ()) -> LocatedScan:
        """Where the scan is now; a new place is kept."""
        found = find_painting(self.state.painting, self.path, recent)
        self._relink(found.reference)
        return found

    def show_painting(self, path: Path, *, accept_rewritten: bool = False) -> None:
        """The scan is at ``path`` now; raises ``ProjectError`` where that is another one.

        ``RewrittenError`` says that it has the scan's samples; ``accept_rewritten`` goes on with it then.
        """
        self._relink(shown_painting(self.state.painting, path, accept_rewritten=accept_rewritten))

    def accept_rewritten(self, found: LocatedScan) -> LocatedScan:
        """Go on with the file that was ``found`` in place of the scan, every sample of which is the same.

        The log keeps that. Raises ``ProjectError`` where a sample differs or that can't be told.
        """
        if found.rewritten is None or not found.rewritten.same_samples:
            raise ProjectError(found.note)
        self.show_painting(found.rewritten.path, accept_rewritten=True)
        return LocatedScan(self.state.painting, self.state.painting.path)

    def learn_scan(self, painting: Painting, progress: Progress | None = None) -> None:
        """Keep what later tells in what the scan was changed, unless it is kept already.

        It decodes the whole scan, so it is for a job. Raises ``PaintingError`` and ``Cancelled``.
        """
        reference = self.state.painting
        if not reference.samples and painting.sha256() == reference.sha256:
            self._relink(with_facts(reference, painting, progress, samples=True))

    def assume_srgb(self) -> None:
        """Let sRGB stand for the scan's colour profile where that can't be used; kept."""
        self._relink(replace(self.state.painting, assume_srgb=True))

    def _relink(self, reference: PaintingReference) -> None:
        if reference != self.state.painting:
            self.state.painting = reference
            if not self.read_only:
                with suppress(OutputError):
                    self.store.relink(reference)

    # What it is

    @property
    def path(self) -> Path | None:
        """The project file; None while there is none."""
        return self.store.path

    @property
    def unnamed(self) -> bool:
        """Whether the user hasn't given it a name yet."""
        return self.path is None or self.path.parent == unnamed_projects()

    @property
    def saved(self) -> bool:
        """Whether everything is in the file."""
        return self.path is not None and self._unsaved.empty

    @property
    def next_run(self) -> int:
        """The number the next run gets."""
        return self._last_run + 1

    @property
    def mended(self) -> str:
        """What of the project had to be mended when it was opened, as a sentence; empty for nothing."""
        return self.store.mended

    def snapshot(self) -> Snapshot:
        """The project as it is now, without a stroke that is under way; for the thread that changes it."""
        return Snapshot.of(self.kept_state, self.store.log_head())

    # Changing

    def do(self, operation: Operation | Maker) -> None:
        """Apply ``operation``, or what it makes of the state, and keep it.

        While a stroke is under way it waits for the end of that. Raises ``ProjectError`` where the
        project is read only or the operation doesn't fit the state, which then stays as it was.
        """
        self._check_writable()
        if self.gesture is not None:
            self._waiting.append(operation)
        else:
            self._do(operation)

    def begin_gesture(self) -> Gesture:
        """Begin a stroke, to be painted into ``state.damage``; raises ``ProjectError``."""
        self._check_writable()
        if self.gesture is not None:
            raise ProjectError(UNDER_WAY)
        self.gesture = Gesture(self)
        return self.gesture

    def end_gesture(self, name: str | None) -> None:
        """End the stroke under way: keep it as ``name``, or (None) take it back; then do what waited."""
        gesture, self.gesture = self.gesture, None
        if gesture is None:
            return
        try:
            if name is None:
                self.take_back(gesture.before)
            else:
                self.done(gesture.before, name)
        finally:
            self._do_waiting()

    def done(self, before: DamageMap, name: str) -> None:
        """Keep a gesture that was already painted into ``state.damage``, which was ``before`` it.

        Where that is refused the gesture is taken back; raises ``ProjectError`` and ``MaskError``.
        """
        try:
            self._check_free()
            operation = relabelled(before, self.state.damage, name, done=True)
        except InputError:
            self.take_back(before)
            raise
        if operation.patches:
            self._record(operation, (operation.change,))

    def take_back(self, before: DamageMap) -> None:
        """Give up a gesture that is being painted into ``state.damage``, which was ``before`` it."""
        for change in restored(self.state.damage, before):
            self.changed.emit(change)

    def undo(self) -> bool:
        """Take the latest operation back; False where there is none. Raises ``ProjectError``."""
        self._check_free()
        if not self.history.done:
            return False
        changes = self._applied(self.history.operation(self.history.done[-1]).inverse())
        self._keep([self.history.step_back()], changes)
        return True

    def redo(self) -> bool:
        """Do again what was taken back last; False where there is nothing. Raises ``ProjectError``."""
        self._check_free()
        if not self.history.undone:
            return False
        changes = self._applied(self.history.operation(self.history.undone[-1]))
        self._keep([self.history.step_forward()], changes)
        return True

    def archived_results(self) -> list[Run]:
        """Results that aren't listed but still kept: discarded, or taken back and then overtaken."""
        return list(self.store.runs(listed=False).values())

    def restore_archived(self, number: int) -> None:
        """List a result that was put away; raises ``ProjectError`` where it isn't kept any more."""
        kept = {run.id: run for run in self.archived_results()}
        if number not in kept:
            raise ProjectError(f"Result {number} isn't kept any more: restore again with its settings.")
        self.do(replace(add_run(kept[number]), name="Bring back result"))

    def keep_run(self, run: Run, progress: Progress | None = None) -> Run:
        """``run`` with a number, its samples in the file already: listing it by :meth:`do` costs little then.

        For the thread that made it. Where the file can't be written the run stays in memory, and
        :meth:`do` says why. Until it is listed it counts as put away. Raises ``Cancelled``.
        """
        with self._numbering:
            self._last_run += 1
            numbered = replace(run, id=self._last_run)
        if not self.read_only:
            with suppress(OutputError, ProjectError):
                self.store.keep_run(numbered, progress or Progress())
        return numbered

    def _check_writable(self) -> None:
        if self.read_only:
            raise ProjectError(self.read_only)

    def _check_free(self) -> None:
        self._check_writable()
        if self.gesture is not None:
            raise ProjectError(UNDER_WAY)

    def _do(self, wanted: Operation | Maker) -> None:
        operation = wanted if isinstance(wanted, Operation) else wanted(self.state)
        if operation is not None:
            self._record(operation, self._applied(operation))

    def _do_waiting(self) -> None:
        """Do what has waited for the end of a stroke, in its order; what can't be is told by ``refused``."""
        while self._waiting and self.gesture is None:
            try:
                self._do(self._waiting.popleft())
            except InputError as error:
                self.refused.emit(str(error))

    def _applied(self, operation: Operation) -> Changes:
        """Apply ``operation``; raises ``ProjectError`` where its content, read back, makes no sense."""
        try:
            return operation.apply(self.state)
        except UNSOUND as error:
            raise ProjectError(
                f"“{operation.name}” is damaged in the project file: `imagest project rescue` reads what can"
                " be read into a new file."
            ) from error

    @property
    def kept_state(self) -> State:
        """The state without a stroke that is under way."""
        if self.gesture is None:
            return self.state
        return replace(self.state, damage=self.gesture.before)

    def _record(self, operation: Operation, changes: Changes) -> None:
        with self._numbering:
            self._last_run = max([self._last_run, *(run.id for run in operation.runs)])
        self._keep(self.history.add(operation, now(), self.state.operator), changes)

    def _keep(self, entries: list[Entry], changes: Changes) -> None:
        self._unsaved.add(entries, changes)
        self._save()
        for change in changes:
            self.changed.emit(change)
        self.history_changed.emit()

    # Keeping

    def _save(self) -> None:
        """Write what isn't in the file yet; a failure becomes :attr:`trouble`."""
        try:
            if self.trouble:
                self.store.reconnect()
            self.store.save(self._unsaved.entries, self._unsaved.changes, self.kept_state)
        except (OutputError, ProjectError) as error:
            self._set_trouble(str(error))
            return
        self._lean_on_store()
        self._unsaved.clear()
        if self.path is not None:
            self._set_trouble("")
            self._rolling.gesture(self.path)
            self._warn(self._rolling.trouble)

    def _lean_on_store(self) -> None:
        """Runs that are in the file now are read from there instead of being held in memory."""
        for entry in self._unsaved.entries:
            entry.saved = True
            for run in entry.operation.runs if entry.operation is not None else ():
                entry.operation = None
                if run.id in self.state.runs:
                    self.state.runs[run.id] = self.store.run(run.id)
        self.history.trim()

    def _set_trouble(self, sentence: str) -> None:
        if sentence != self.trouble:
            self.trouble = sentence
            self.troubled.emit(sentence)

    def _warn(self, sentence: str) -> None:
        if sentence != self._warning:
            self._warning = sentence
            self.warned.emit(sentence)

    def flush(self) -> None:
        """Try again to write what isn't in the file; raises ``OutputError`` where it still can't be."""
        if not self._unsaved.empty:
            self._save()
        if not self._unsaved.empty:
            raise OutputError(self.trouble)

    def save_as(self, path: Path, *, force: bool = False) -> None:
        """Keep the project, history and all, at ``path`` from here on; raises ``OutputError``.

        An unnamed project moves, a named one stays where it was as well.
        """
        if self.path is not None and same_file(path, self.path):
            return self.flush()
        if path.exists() and not force:
            raise OutputError(f"{path} is there already: choose another name.")
        check_target(path, force=True, inputs=inputs_of(self))
        check_replaceable(path, Kind.PROJECT)
        lock = lock_to_create(path)
        try:
            unsaved = self._unsaved
            store = moved_store(self.store, unsaved.entries, unsaved.changes, self.kept_state, path)
        except BaseException:
            lock.release()
            raise
        self._move_to(store, lock, path)

    def _move_to(self, store: Store, lock: Lock, path: Path) -> None:
        left = self.path if self.unnamed and not self.read_only else None
        self._release()
        self.store, self._lock, self.read_only = store, lock, ""
        self.state.runs = store.runs()
        self.history = _history(store)
        self._unsaved.clear()
        self._set_trouble("")
        if left is not None:
            with suppress(OSError):
                left.unlink(missing_ok=True)
            backups.take_along(left, path)
        self.history_changed.emit()

    def back_up(self) -> Path | None:
        """Add a backup now if anything has changed, and wait for it: it copies the file."""
        self._rolling.stop()
        return None if self.path is None or self.read_only else backups.back_up(self.path)

    def close(self) -> None:
        """Close the file; raises ``OutputError`` (and stays open) where something isn't in it.

        A stroke under way is taken back, and what waited for its end is done.
        """
        self.end_gesture(None)
        if self.path is not None and not self.read_only:
            self.flush()
            with suppress(OutputError, ProjectError):
                self.store.forget_runs(OVERTAKEN)
        self._release()

    def abandon(self) -> None:
        """Close, come what may."""
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
    return History(store.operation, kept, last=last)


def _fresh_state(painting: Painting) -> State:
    scale = None if painting.resolution is None else Calibration(painting.resolution)
    return State(reference_to(painting), DamageMap(painting.width, painting.height), calibration=scale)
