"""Create the job list of a batch, or take up the one that its folder holds."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from imagest_core.batch.job import Job, JobState, Outcome, Stamp, template_of
from imagest_core.batch.job_list import DAMAGED, JobList
from imagest_core.batch.lost import set_aside
from imagest_core.batch.parallel import in_threads
from imagest_core.batch.settings import BatchSettings
from imagest_core.batch.sources import Source
from imagest_core.batch.start_lock import STARTING, starting
from imagest_core.damage.detection.recipe import check_model
from imagest_core.errors import InputError, OutputError
from imagest_core.messages import Message
from imagest_core.models.validation import read_json
from imagest_core.painting.atomic import check_writable, replacing, write_text
from imagest_core.painting.formats.base import pixels_allowed
from imagest_core.painting.outputs import check_folder
from imagest_core.painting.stamp import file_sha256
from imagest_core.progress import Progress
from imagest_core.restoration.record import RestorationRecord
from imagest_core.restoration.validation import check_request
from imagest_core.style.check import check_references

SETTINGS = "settings.json"
CHECKING, LISTING = "checking results", "listing scans"
"""Stages of the progress while a batch is opened."""


def check_place(out: Path, source: Path) -> None:
    """Raise ``OutputError`` if results in ``out`` could be taken for scans of ``source``, or replace them."""
    check_folder(out)
    if not source.is_dir():
        return
    inside, real = Path(os.path.realpath(source)), Path(os.path.realpath(out))
    if inside == real or real in inside.parents:
        raise OutputError(
            Message("The results can't go to {out}, which holds the scans: choose another folder.", out=out)
        )


def _ignored(_: Message) -> None:
    return None


def open_batch(
    out: Path,
    sources: Iterable[Source],
    settings: BatchSettings,
    *,
    force: bool = False,
    hashes: bool = False,
    progress: Progress | None = None,
    notice: Callable[[Message], None] = _ignored,
) -> JobList:
    """Return the job list in the folder ``out`` with a job for each source, ready to run.

    Jobs that are done and verify stay so. Others wait, also those that failed, were cancelled, or whose
    process has ended. With ``force`` all wait, and existing files may be replaced. A job whose result or
    record was edited since it was written fails, with ``force`` too; without it, so does a job whose files
    exist and aren't from this batch. With ``hashes`` results are read to verify them completely.

    Other processes may open the same batch, and work on it, at the same time: they wait for each other here.
    ``notice`` is called with a sentence for each job file that couldn't be read and was set aside.

    Raises ``InputError`` before any job is written if the settings can't be met, if they are not those of
    the batch in ``out``, or if a file to be written is an input; and ``Cancelled``.
    """
    _check_settings(settings)
    jobs, made = JobList(out), not out.exists()
    wanted = [source.job(order) for order, source in enumerate(sources)]
    progress = progress or Progress()
    _make_folder(jobs)
    try:
        with starting(jobs, progress):
            _open(jobs, wanted, settings, force=force, hashes=hashes, notice=notice, progress=progress)
    except BaseException:
        if made:
            with suppress(OSError):
                out.rmdir()
        raise
    return jobs


def _open(
    jobs: JobList,
    wanted: list[Job],
    settings: BatchSettings,
    *,
    force: bool,
    hashes: bool,
    notice: Callable[[Message], None],
    progress: Progress,
) -> None:
    exists = jobs.exists
    stored = _stored_settings(jobs, force) if exists else None
    if stored is not None and stored != settings and not force:
        raise InputError(
            Message(
                "{out} holds a batch with other options: give the same ones, another folder, or --force to "
                "restore all scans again.",
                out=jobs.folder,
            )
        )
    known: dict[str, tuple[Job, JobState]] = {}
    if exists:
        jobs.create()
        jobs.restore_withdrawn()
        jobs.release_stale()
        known, damaged = jobs.scan()
        set_aside(jobs, damaged, {job.id: job for job in wanted if job.id not in known}, settings, notice)
    checked = 0.5 * sum(job.id in known for job in wanted) / max(len(wanted), 1)  # share of the work
    new = _new_jobs(jobs, wanted, known, force, hashes, progress.part(0.0, 0.8 * checked, CHECKING))
    edited = _edited(jobs.folder, new, progress.part(0.8 * checked, checked, CHECKING))
    _check_inputs(jobs.folder, [job for job in new if job.id not in edited], settings)
    save_settings(jobs, settings)
    jobs.create()
    storing = progress.part(checked, 1.0, LISTING)
    in_threads(
        lambda job: _store(jobs, job, known.get(job.id), edited.get(job.id), settings),
        new,
        lambda ended: storing.set(ended / len(new), ended, len(new)),
    )


def _store(
    jobs: JobList,
    job: Job,
    known: tuple[Job, JobState] | None,
    edited: OutputError | None,
    settings: BatchSettings,
) -> None:
    """Let a job wait, or fail it if its files are in the way. Workers may take waiting jobs meanwhile."""
    error = edited or _in_the_way(jobs.folder, job, settings)
    withdrawn = False
    if known is not None and known[1] is JobState.WAITING:
        if error is None and job == known[0]:
            return
        if not jobs.withdraw(job):
            return
        withdrawn, error = True, edited or _in_the_way(jobs.folder, job, settings)
    if error is None:
        jobs.add(job)
    else:
        failed = replace(job, replace=job.replace or edited is not None)
        jobs.fail(failed, Outcome(error.message, template_of(error.message)))
    if withdrawn:
        jobs.forget_withdrawn(job)


def _check_settings(settings: BatchSettings) -> None:
    """Raise ``InputError`` if an option is wrong for all scans."""
    check_request(settings.request)
    if settings.recipe is not None:
        check_model(settings.recipe)
    if settings.style is not None:
        with pixels_allowed(settings.max_pixels):
            check_references(settings.style)


def _make_folder(jobs: JobList) -> None:
    for path in (jobs.root, *(jobs.root / name for name in (STARTING, DAMAGED, *JobState))):
        if os.path.lexists(path) and not path.is_dir():
            raise OutputError(
                Message(
                    "{path} isn't a folder, but the job list needs one there: move it away, or choose another"
                    " folder for the results.",
                    path=path,
                )
            )
    try:
        jobs.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            Message("{path} can't be created: {reason}.", path=jobs.folder, reason=error.strerror or error)
        ) from error
    check_writable(jobs.folder / SETTINGS)


def save_settings(jobs: JobList, settings: BatchSettings) -> None:
    """Store the settings beside the jobs."""
    path = jobs.root / SETTINGS
    with replacing(path, force=True) as temporary:
        write_text(temporary, json.dumps(settings.plain(), indent=1) + "\n", path)


def load_settings(jobs: JobList) -> BatchSettings:
    """Read the settings of a list; raises ``InputError`` if they can't be read."""
    try:
        return BatchSettings.of_plain(read_json(jobs.root / SETTINGS))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            Message(
                "The job list in {folder} can't be read ({reason}): choose another folder.",
                folder=jobs.folder,
                reason=error,
            )
        ) from error


def _stored_settings(jobs: JobList, force: bool) -> BatchSettings | None:
    """Return the settings of a list; with ``force`` None if they can't be read."""
    try:
        return load_settings(jobs)
    except InputError as error:
        if force:
            return None
        raise InputError(
            Message("{sentence} Or give --force to restore all scans again.", sentence=error.message)
        ) from error


def _new_jobs(
    jobs: JobList,
    wanted: list[Job],
    known: dict[str, tuple[Job, JobState]],
    force: bool,
    hashes: bool,
    progress: Progress,
) -> list[Job]:
    """Return the jobs that must wait: new ones, and ended ones that are not done or don't verify."""
    new: list[Job] = []
    free = max((job.order for job, _ in known.values()), default=-1) + 1
    running = jobs.running_ids()
    for number, job in enumerate(wanted, 1):
        progress.set(number / len(wanted), number, len(wanted)) if known else progress.check()
        before, state = known.get(job.id, (None, None))
        if state is JobState.RUNNING or job.id in running:
            if force:
                raise InputError(
                    Message("{name} is being restored by another process: stop it first.", name=job.name)
                )
        elif before is None:
            new.append(replace(job, order=free + len(new), replace=force))
        elif force or state is not JobState.DONE or not is_done(jobs.folder, before, job, hashes):
            ours = before.replace or (state is JobState.DONE and before.outcome is not None)
            new.append(replace(job, order=before.order, replace=force or ours).again(before))
    return new


def is_done(folder: Path, job: Job, wanted: Job | None = None, hashes: bool = False) -> bool:
    """Return whether the job's record exists and verifies, and neither scan nor mask has changed.

    The result must have the size and time that it was written with, else (or with ``hashes``) its hash.
    """
    outcome, wanted = job.outcome, wanted or job
    if outcome is None or (job.scan, job.mask) != (wanted.scan, wanted.mask):
        return False
    if Stamp.of(Path(job.scan)) != outcome.scan:
        return False
    if job.mask and Stamp.of(Path(job.mask)) != outcome.mask:
        return False
    return _record_verifies(folder, job, outcome) and _result_verifies(folder, job, outcome, hashes)


def _record_verifies(folder: Path, job: Job, outcome: Outcome) -> bool:
    try:
        if not job.record(folder).is_file():
            return False
        content = job.record(folder).read_bytes()
        record = RestorationRecord.from_json(content.decode("utf-8"))
    except (OSError, ValueError, TypeError, KeyError):
        return False
    same = hashlib.sha256(content).hexdigest() == outcome.record_sha256
    return same and record.verification is not None


def _result_verifies(folder: Path, job: Job, outcome: Outcome, hashes: bool) -> bool:
    result = job.result(folder)
    found = Stamp.of(result)
    if found is None or outcome.result is None or found.size != outcome.result.size:
        return False
    if found == outcome.result and not hashes:
        return True
    try:
        return file_sha256(result) == outcome.result_sha256
    except OSError:
        return False


def _edited(folder: Path, jobs: Sequence[Job], progress: Progress) -> dict[str, OutputError]:
    """Return why jobs can't be done again, by their ids: their files were edited since they were written."""
    edited: dict[str, OutputError] = {}
    again = [job for job in jobs if job.result_sha256 or job.record_sha256]
    for job in progress.steps(again) if again else ():
        try:
            job.check_unedited(folder)
        except OutputError as error:
            edited[job.id] = error
        except OSError:
            continue  # said when the job runs
    return edited


def _check_inputs(out: Path, new: list[Job], settings: BatchSettings) -> None:
    """Raise ``OutputError`` if a file to be written is an input of any job."""
    inputs = {key for job in new for path in (job.scan, job.mask) if path and (key := _identity(Path(path)))}
    for path in (path for job in new for path in job.targets(out, settings.mask_suffix)):
        identity = _identity(path)
        if identity is not None and identity in inputs:
            raise OutputError(
                Message("{out} is one of the inputs, which are never written; choose another name.", out=path)
            )


def _in_the_way(out: Path, job: Job, settings: BatchSettings) -> OutputError | None:
    """Return why a job can't be done if a file that this batch didn't write is where it would write."""
    if job.replace:
        return None
    for path in job.targets(out, settings.mask_suffix):
        if os.path.lexists(path):
            return OutputError(
                Message("{name} exists already and isn't from this batch: move it away.", name=path.name)
            )
    return None


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
