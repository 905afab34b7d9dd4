"""The three stages of a job: read, fill, write. Each may run in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from imagest_core.batch.job import Job, Outcome, Stamp
from imagest_core.batch.job_list import STALE, JobList
from imagest_core.batch.machine import machine_name
from imagest_core.batch.settings import BatchSettings
from imagest_core.batch.sources import check_scan
from imagest_core.damage.detection.recipe import derive_with
from imagest_core.damage.map import DamageMap
from imagest_core.damage.mask_io import check_mask_usable, read_mask, write_mask
from imagest_core.damage.rim import CleanedRim, clean_rim
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.painting.atomic import all_or_none, remove_stale
from imagest_core.painting.outputs import FileKind, check_replaceable
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.painting.stamp import file_sha256
from imagest_core.progress import Progress
from imagest_core.restoration.api import restore
from imagest_core.restoration.result import RestorationResult
from imagest_core.restoration.style_selection import checked_style
from imagest_core.restoration.written import write_result
from imagest_core.style.reference import StyleReference

PIXEL_BYTES = 64
"""Working memory in bytes per damaged pixel: fill, region number, window and patch."""
OPEN_BYTES = 256 << 20
"""Working memory of a painting without its samples: caches of strips and tiles, windows."""
DECODED_WHOLE = ("PNG", "JPEG", "WebP", "JPEG 2000")
"""Formats whose samples are decoded all at once."""


@dataclass
class Work:
    """A job between two stages; ``seconds`` by stage."""

    job: Job
    painting: Painting
    damage: DamageMap
    derived: bool
    rim: CleanedRim | None
    style: StyleReference | None
    result: RestorationResult | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def memory(self) -> int:
        """The memory in bytes that the job is expected to need."""
        painting = self.painting
        samples = painting.width * painting.height * painting.channels * (painting.depth // 8)
        whole = samples if painting.format in DECODED_WHOLE else 0
        return OPEN_BYTES + whole + PIXEL_BYTES * self.damage.count()

    def close(self) -> None:
        """Close the scan."""
        self.painting.close()

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Measure the time of the body as ``stage``."""
        started = time.monotonic()
        yield
        self.seconds[stage] = time.monotonic() - started


def read(job: Job, settings: BatchSettings, progress: Progress) -> Work:
    """Open and hash the scan, read or derive its mask, and choose the style reference."""
    started = time.monotonic()
    check_scan(Path(job.scan))
    if not job.mask and settings.recipe is None:
        raise MaskError(
            Message(
                "{scan} has no mask: put {stem}{suffix}.png beside it, or give a recipe.",
                scan=Path(job.scan).name,
                stem=Path(job.scan).stem,
                suffix=settings.mask_suffix,
            )
        )
    painting = open_painting(Path(job.scan), page=settings.page, assume_srgb=settings.assume_srgb)
    try:
        damage, rim = _damage(job, settings, painting, progress.part(0.0, 0.6, "reading"))
        style = checked_style(painting, damage, settings.request, settings.style)
        painting.sha256(progress.check)  # reads the whole file, so that filling and writing find it cached
        work = Work(job, painting, damage, not job.mask, rim, style)
    except BaseException:
        painting.close()
        raise
    work.seconds["reading"] = time.monotonic() - started
    return work


def _damage(
    job: Job, settings: BatchSettings, painting: Painting, progress: Progress
) -> tuple[DamageMap, CleanedRim | None]:
    limit = settings.rim
    if job.mask:
        damage = check_mask_usable(read_mask(Path(job.mask), (painting.width, painting.height)))
    else:
        assert settings.recipe is not None
        damage, limit = derive_with(settings.recipe, painting, progress), limit or settings.recipe.rim
        if damage.empty:
            raise MaskError(Message("No damage was found in {scan} by the recipe.", scan=painting.path.name))
    if not limit:
        return damage, None
    rim = clean_rim(painting, damage, limit, progress.part(0.9, 1.0))
    return rim.damage, rim


def fill(work: Work, settings: BatchSettings, progress: Progress) -> None:
    """Fill the damage; the fills are kept in memory."""
    with work.timed("filling"):
        work.result = restore(
            work.painting,
            work.damage,
            settings.request,
            work.style,
            progress,
            operator=settings.operator,
            rim=work.rim,
        )


def write(work: Work, folder: Path, settings: BatchSettings, progress: Progress) -> Outcome:
    """Write and verify the result, its record and a derived mask, all or none; return the outcome."""
    job, result = work.job, work.result
    assert result is not None
    out, record = job.result(folder), job.record(folder)
    mask = job.derived_mask(folder, settings.mask_suffix) if work.derived else None
    files = [path for path in (mask, out, record) if path is not None]
    inputs = [Path(path) for path in (job.scan, job.mask) if path]
    with work.timed("writing"):
        out.parent.mkdir(parents=True, exist_ok=True)
        job.check_unedited(folder)
        _check(files, record, _lost_before(folder) if job.replace else None)
        with all_or_none(files, force=job.replace, inputs=inputs):
            if mask is not None:
                write_mask(work.damage, mask, force=job.replace, inputs=inputs)
            written = write_result(
                work.painting, result, out, record, force=job.replace, inputs=inputs, progress=progress
            )
    facts = written.mask
    return Outcome(
        pixels=work.painting.width * work.painting.height,
        filled=facts.dilated,
        regions=facts.regions,
        derived=work.derived,
        seconds=work.seconds,
        host=machine_name(),
        scan=Stamp.of(Path(job.scan)),
        mask=Stamp.of(Path(job.mask)) if job.mask else None,
        result=Stamp.of(out),
        record=Stamp.of(record),
        result_sha256=file_sha256(out, progress.check),
        record_sha256=file_sha256(record),
    )


def _lost_before(folder: Path) -> float:
    """Return a time by the disk before which a worker that lost its job has stopped writing."""
    return JobList(folder).disk_time() - STALE / 2


def _check(files: list[Path], record: Path, lost_before: float | None) -> None:
    for path in files:
        remove_stale(path, lost_before)
        check_replaceable(path, FileKind.OTHER if path == record else FileKind.PICTURE)
