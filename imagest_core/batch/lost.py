"""Job files that can't be read: they are set aside, and their paintings are restored again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from imagest_core.batch.job import Job, JobState, Outcome, template_of
from imagest_core.batch.job_list import DAMAGED, JobList, id_of
from imagest_core.batch.settings import BatchSettings
from imagest_core.messages import Message

Rows = Sequence[tuple[Job, JobState]]


def set_aside(
    jobs: JobList,
    found: Sequence[tuple[JobState, str]],
    unknown: Mapping[str, Job],
    settings: BatchSettings,
    notice: Callable[[Message], None],
) -> None:
    """Move damaged job files to the folder ``damaged``, and what their jobs may have written beside them.

    Nobody can say any more whether such a result was edited, so it is neither replaced nor removed.
    ``unknown``: jobs that the list doesn't know, by id; those whose file is damaged are among them. Workers
    may have set aside more files. Damaged files of running jobs stay: their owners write them anew.
    """
    for state, name in found:
        if state is not JobState.RUNNING:
            jobs.set_aside(state, name)
    for name in jobs.files(DAMAGED):
        path = jobs.root / DAMAGED / name
        job = unknown.get(id_of(name))
        if job is not None:
            notice(_replaced(job, path, job.targets(jobs.folder, settings.mask_suffix)))
        elif any(name.partition("@")[0] == other for _, other in found):
            notice(Message("The job file {path} can't be read; no scan belongs to it.", path=path))


def with_lost(rows: Rows, wanted: Iterable[Job]) -> Rows:
    """Return the rows of a summary, with a failed one for each wanted job that the list has lost."""
    known = {job.id for job, _ in rows}
    reason = Message("Its job file can't be read any more: give the same command again.")
    outcome = Outcome(str(reason), template_of(reason))
    return [
        *rows,
        *((replace(job, outcome=outcome), JobState.FAILED) for job in wanted if job.id not in known),
    ]


def _replaced(job: Job, damaged: Path, written: Iterable[Path]) -> Message:
    """Move what a lost job wrote beside its damaged file, which gets an ending; return a sentence."""
    base = damaged
    while os.path.lexists(named := base.with_name(f"{base.name}.job")):
        base = damaged.with_name(f"{damaged.name}~{secrets.token_hex(4)}")
    present = [file for file in written if os.path.lexists(file)]
    for file in present:
        os.replace(file, base.with_name(base.name + ("-mask.png" if file.suffix == ".png" else file.suffix)))
    os.replace(damaged, named)
    if present:
        return Message(
            "The job file {path} can't be read: {name} is restored again. Its files are kept beside it.",
            path=named,
            name=job.name,
        )
    return Message("The job file {path} can't be read: {name} is restored again.", path=named, name=job.name)
