"""Create the job list of a batch, or take up the one that its folder holds."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from imagest_core.batch.job import Job, JobState, Outcome, Stamp, template_of
from imagest_core.batch.job_list import JobList
from imagest_core.batch.settings import BatchSettings
from imagest_core.batch.sources import Source
from imagest_core.damage.detection.recipe import check_model
from imagest_core.errors import InputError, OutputError
from imagest_core.messages import Message
from imagest_core.models.validation import read_json
from imagest_core.painting.atomic import check_writable, replacing, write_text
from imagest_core.painting.formats.base import pixels_allowed
from imagest_core.painting.outputs import check_folder
from imagest_core.painting.stamp import file_sha256
from imagest_core.restoration.record import RestorationRecord
from imagest_core.restoration.validation import check_request
from imagest_core.style.check import check_references

SETTINGS = "settings.json"


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


def open_batch(
    out: Path,
    sources: Iterable[Source],
    settings: BatchSettings,
    *,
    force: bool = False,
    hashes: bool = False,
) -> JobList:
    """Return the job list in the folder ``out`` with a job for each source, ready to run.

    Jobs that are done and verify stay so. Others wait, also those that failed, were cancelled, or whose
    process has ended. With ``force`` all wait, and existing files may be replaced. A job whose result or
    record was edited since it was written fails, with ``force`` too; without it, so does a job whose files
    exist and aren't from this batch. With ``hashes`` results are read to verify them completely.

    Raises ``InputError`` before anything is written if the settings can't be met, if they are not those of
    the batch in ``out``, or if a file to be written is an input.
    """
    _check_settings(settings)
    jobs = JobList(out)
    stored = load_settings(jobs) if jobs.exists else None
    if stored is not None and stored != settings and not force:
        raise InputError(
            Message(
                "{out} holds a batch with other options: give the same ones, another folder, or --force to "
                "restore all scans again.",
                out=out,
            )
        )
    if stored is not None:
        jobs.release_stale()
    known = jobs.all() if stored is not None else {}
    new = _new_jobs(jobs, [source.job(order) for order, source in enumerate(sources)], known, force, hashes)
    edited = _edited(out, new)
    _check_inputs(out, [job for job in new if job.id not in edited], settings)
    _create(jobs, settings)
    for job in new:
        ours = job.id in edited
        if (error := edited.get(job.id) or _in_the_way(out, job, settings)) is None:
            jobs.add(job)
        else:
            failed = replace(job, replace=job.replace or ours)
            jobs.fail(failed, Outcome(error.message, template_of(error.message)))
    return jobs


def _check_settings(settings: BatchSettings) -> None:
    """Raise ``InputError`` if an option is wrong for all scans."""
    check_request(settings.request)
    if settings.recipe is not None:
        check_model(settings.recipe)
    if settings.style is not None:
        with pixels_allowed(settings.max_pixels):
            check_references(settings.style)


def _create(jobs: JobList, settings: BatchSettings) -> None:
    try:
        jobs.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            Message("{path} can't be created: {reason}.", path=jobs.folder, reason=error.strerror or error)
        ) from error
    check_writable(jobs.folder / SETTINGS)
    jobs.create()
    save_settings(jobs, settings)


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


def _new_jobs(
    jobs: JobList, wanted: list[Job], known: dict[str, tuple[Job, JobState]], force: bool, hashes: bool
) -> list[Job]:
    """Return the jobs that must wait: new ones, and ended ones that are not done or don't verify."""
    new: list[Job] = []
    free = max((job.order for job, _ in known.values()), default=-1) + 1
    for job in wanted:
        before, state = known.get(job.id, (None, None))
        if before is None:
            new.append(replace(job, order=free + len(new), replace=force))
        elif state is JobState.RUNNING and not force:
            continue
        elif state is JobState.RUNNING:
            raise InputError(
                Message("{name} is being restored by another process: stop it first.", name=before.name)
            )
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


def _edited(folder: Path, jobs: Iterable[Job]) -> dict[str, OutputError]:
    """Return why jobs can't be done again, by their ids: their files were edited since they were written."""
    edited: dict[str, OutputError] = {}
    for job in jobs:
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
    for path in (path for job in new for path in _targets(out, job, settings)):
        identity = _identity(path)
        if identity is not None and identity in inputs:
            raise OutputError(
                Message("{out} is one of the inputs, which are never written; choose another name.", out=path)
            )


def _in_the_way(out: Path, job: Job, settings: BatchSettings) -> OutputError | None:
    """Return why a job can't be done if a file that this batch didn't write is where it would write."""
    if job.replace:
        return None
    for path in _targets(out, job, settings):
        if os.path.lexists(path):
            return OutputError(
                Message("{name} exists already and isn't from this batch: move it away.", name=path.name)
            )
    return None


def _targets(out: Path, job: Job, settings: BatchSettings) -> list[Path]:
    files = [job.result(out), job.record(out)]
    return files if job.mask else [*files, job.derived_mask(out, settings.mask_suffix)]


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
