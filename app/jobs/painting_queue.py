"""The queue: many paintings that are restored one after the other in a process of their own.

The list of jobs is on disk (:mod:`imagest_core.batch`), so it survives the window. Work that may take long is
a job of a runner that belongs to the queue; restorations in the window go on beside it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.jobs.runner import REPORTS_PER_SECOND, Job, Jobs
from imagest_core.batch.job import Job as PaintingJob
from imagest_core.batch.job import JobState
from imagest_core.batch.job_list import DAMAGED, JobList, id_of
from imagest_core.batch.job_reader import JobReader
from imagest_core.batch.parallel import in_threads
from imagest_core.batch.processes import Limits, drop_flag, pause_flag, run_in_processes
from imagest_core.batch.settings import BatchSettings
from imagest_core.batch.sources import (
    SCANS,
    Source,
    check_names,
    check_picture,
    find_sources,
    is_mask_name,
    single_source,
)
from imagest_core.batch.start import check_place, load_settings, open_batch, save_settings
from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.progress import Progress, Report

NAMED = 3
"""Number of files that a message names."""


class Added(NamedTuple):
    """How many paintings were added, and how many were in the list already; sentences about other files."""

    new: int
    known: int
    notes: tuple[Message, ...] = ()


class Listed(NamedTuple):
    """The jobs of a list with their states, in order, and the files that can't be read as jobs."""

    jobs: list[tuple[PaintingJob, JobState]]
    damaged: list[Path]


class PaintingQueue(QObject):
    """The job list of one folder, and the process that works on it.

    ``changed()``: jobs were added or moved, have started or ended; ``adding(Report)``: how far adding is;
    ``news(list)``: news of running jobs, each ``(id, state, fraction, stage)``; ``running_changed(bool)``;
    ``failed(Exception)``: adding or running failed as a whole.
    """

    changed = Signal()
    adding = Signal(object)
    news = Signal(object)
    running_changed = Signal(bool)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner: Jobs | None = None
        self._wanted, self._title = False, ""
        self._known_running: set[str] = set()
        self.list: JobList | None = None
        self._reader: JobReader | None = None
        self._lock, self._stop_adding = threading.Lock(), threading.Event()

    @property
    def folder(self) -> Path | None:
        """The folder of the results."""
        return None if self.list is None else self.list.folder

    @property
    def running(self) -> bool:
        """Whether the process is at work, or is stopping."""
        return self._runner is not None and self._runner.busy

    @property
    def paused(self) -> bool:
        """Whether no further painting is started."""
        return self.list is not None and self.list.exists and pause_flag(self.list).path.exists()

    def open(self, folder: Path) -> None:
        """Use the list in ``folder``, which need not exist yet; not while the queue runs."""
        if not self.running:
            self.list = JobList(folder.absolute())
            self._reader = JobReader(self.list)
            if self.list.exists:
                with suppress(OSError):  # said when the list is changed
                    self.list.create()
            self.changed.emit()

    def close(self) -> None:
        """Use no list; not while the queue runs."""
        if not self.running:
            self.list = self._reader = None
            self.changed.emit()

    def settings(self) -> BatchSettings | None:
        """The settings of the list, None before the first painting; raises ``InputError``."""
        return load_settings(self.list) if self.list is not None and self.list.exists else None

    def set_settings(self, settings: BatchSettings) -> None:
        """Store other settings for the paintings that wait; not while the queue runs."""
        if self.list is not None and self.list.exists and not self.running:
            save_settings(self.list, settings)
            self.changed.emit()

    def read(self) -> Listed:
        """Read the list, a file a new or changed job; may take long, any thread may do it.

        Damaged files of running jobs are left to their owners.
        """
        reader = self._reader
        if reader is None or not reader.jobs.exists:
            return Listed([], [])
        root, (found, damaged) = reader.jobs.root, reader.scan()
        files = [root / state / name for state, name in damaged if state is not JobState.RUNNING]
        files += [root / DAMAGED / name for name in reader.jobs.files(DAMAGED) if id_of(name) not in found]
        return Listed(list(found.values()), files)

    # Changing

    def add(self, paths: Iterable[Path], settings: BatchSettings) -> Added:
        """Add scans and folders of scans; return how many. Raises ``InputError``, adds none then.

        ``settings`` apply if the list is new. May take long: reads folders, writes a file a scan. Raises
        ``Cancelled`` after :meth:`stop_adding`; what was added until then stays.
        """
        assert self.list is not None
        progress = Progress(_Sparse(self.adding.emit).report, self._stop_adding.is_set)
        chosen = self.settings() or settings
        sources, left = _sources(paths, chosen.mask_suffix, self.list.folder, progress.check)
        known = {job.scan: job for job, _ in self.list.all().values()} if self.list.exists else {}
        new = [source for source in sources if str(source.scan) not in known]
        check_names([*map(_source_of, known.values()), *new])
        notes = [_left_out(left)] if left else []
        if new:
            open_batch(self.list.folder, new, chosen, progress=progress, notice=notes.append)
        return Added(len(new), len(sources) - len(new), tuple(notes))

    def allow_adding(self) -> None:
        """Forget earlier calls of :meth:`stop_adding`; later ones count, even before :meth:`add` starts."""
        self._stop_adding.clear()

    def stop_adding(self) -> None:
        """Add no further painting."""
        self._stop_adding.set()

    def move(self, job: PaintingJob, steps: int) -> None:
        """Move a waiting job by ``steps`` places; opens only the files of jobs that get another place."""
        with self._changing() as jobs:
            names = jobs.files(JobState.WAITING)
            places = [id_of(name) for name in names]
            if job.id not in places:
                return
            at = places.index(job.id)
            to = min(max(at + steps, 0), len(names) - 1)
            read = (jobs.read(JobState.WAITING, name) for name in names[min(at, to) : max(at, to) + 1])
            between = [each for each in read if isinstance(each, PaintingJob)]
            orders = [each.order for each in between]
            between.insert(0 if to < at else len(between), between.pop(-1 if to < at else 0))
            for each, order in zip(between, orders, strict=True):
                jobs.reorder(each, order)

    def cancel(self, *chosen: PaintingJob) -> None:
        """Cancel waiting or running jobs; the others go on."""
        with self._changing() as jobs:
            for job in chosen:
                if not jobs.cancel(job):
                    drop_flag(jobs, job).write()

    def remove(self, *chosen: PaintingJob) -> None:
        """Remove jobs that aren't running from the list; their files stay."""
        with self._changing() as jobs:
            jobs.remove(*chosen)

    def retry(self, *chosen: PaintingJob) -> None:
        """Let failed or cancelled jobs wait again."""
        with self._changing() as jobs:
            in_threads(lambda job: jobs.add(replace(job, attempts=0, outcome=None)), chosen)

    @contextmanager
    def _changing(self) -> Iterator[JobList]:
        """Change the list, which must exist, one change at a time; any thread may do it."""
        jobs = self.list
        assert jobs is not None
        with self._lock:
            try:
                yield jobs
            finally:
                self.changed.emit()

    # Running

    def start(self, title: str) -> None:
        """Work on the list, or go on after a pause. The list must exist."""
        assert self.list is not None
        pause_flag(self.list).remove()
        self._wanted, self._title = True, title
        if not self.running:
            self._run()
        self.running_changed.emit(True)

    def _run(self) -> None:
        assert self.list is not None
        jobs, settings = self.list, self.settings() or BatchSettings()
        self._known_running.clear()
        self._submit(self._title, lambda progress: _run(jobs, settings, progress))

    def pause(self) -> None:
        """Start no further painting; those that are being filled are finished, then the process ends."""
        self._wanted = False
        if self.list is not None and self.list.exists:
            pause_flag(self.list).write()
        self.running_changed.emit(self.running)

    def stop(self) -> None:
        """Stop at the next step; paintings in progress wait again."""
        self._wanted = False
        if self._runner is not None:
            self._runner.cancel()

    def shutdown(self) -> None:
        """Stop, and wait for it."""
        self._wanted = False
        self.stop_adding()
        if self._runner is not None:
            self._runner.shutdown()
            self._runner = None

    def _submit(self, title: str, work: Any) -> None:
        if self._runner is None:
            self._runner = Jobs(self)
            self._runner.preview.connect(self._show_news)
            self._runner.failed.connect(self._failed)
            self._runner.idle.connect(self._ended)
        self._runner.submit(Job(title, work, lambda _: None, topic="queue"))

    def _show_news(self, news: list[tuple[str, str, float, str]]) -> None:
        self.news.emit(news)
        running = {job_id for job_id, state, _, _ in news if state == JobState.RUNNING}
        ended = {job_id for job_id, state, _, _ in news if state != JobState.RUNNING}
        if ended or running - self._known_running:
            self.changed.emit()
        self._known_running = (self._known_running | running) - ended

    def _failed(self, _: object, error: Exception) -> None:
        self._wanted = False
        self.failed.emit(error)

    def _ended(self) -> None:
        """Say that the process has ended, or run again if it was started while a pause was ending it."""
        if self.running:
            return
        again = self._wanted and self.list is not None and bool(self.list.files(JobState.WAITING))
        if again and not self.paused:
            self._run()
            return
        self._wanted = False
        self.running_changed.emit(False)
        self.changed.emit()


def _run(jobs: JobList, settings: BatchSettings, progress: Progress) -> None:
    run_in_processes(jobs, settings, Limits(end_when_paused=True), lambda _: None, progress, progress.preview)


class _Sparse:
    """Passes on so many reports as can be seen."""

    def __init__(self, show: Callable[[Report], object]) -> None:
        self._show, self._next = show, 0.0

    def report(self, report: Report) -> None:
        """Pass on a report, unless the last one is too recent."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 1 / REPORTS_PER_SECOND
            self._show(report)


def _sources(
    paths: Iterable[Path], suffix: str, out: Path, check: Callable[[], None]
) -> tuple[list[Source], list[Path]]:
    """Return the scans in ``paths``, each once, and the files that can't be restored.

    A folder's scans keep their subfolders, and masks are left out. Raises ``InputError`` if there is no scan.
    """
    found: dict[Path, Source] = {}
    left: list[Path] = []
    for path in paths:
        check_place(out, path)
        if path.is_dir():
            sources = find_sources(path, suffix, out, check)
        elif is_mask_name(path, suffix):
            continue
        elif path.is_file() and path.suffix.lower() not in SCANS:
            left.append(path)
            continue
        else:
            check_picture(path)
            sources = [single_source(path, suffix)]
        for source in sources:
            found.setdefault(source.scan, source)
    if not found:
        for path in left:
            check_picture(path)
        raise InputError(Message("These files are masks: choose the scans."))
    return list(found.values()), left


def _left_out(files: list[Path]) -> Message:
    names = ", ".join(file.name for file in files[:NAMED]) + (", …" if len(files) > NAMED else "")
    return Message(
        "These files are not pictures that can be restored, so they were left out: {names}.", names=names
    )


def _source_of(job: PaintingJob) -> Source:
    return Source(Path(job.scan), Path(job.mask) if job.mask else None, PurePosixPath(job.name))
