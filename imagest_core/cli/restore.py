"""``imagest restore``: fill the damage of a scan and write a TIFF that is the scan everywhere else."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.bar import duration
from imagest_core.errors import OutputError
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.damage.map import DamageMap
    from imagest_core.painting.painting import Painting
    from imagest_core.restoration.record import RestorationRecord
    from imagest_core.restoration.request import RestorationRequest
    from imagest_core.style.reference import StyleReference


ENDINGS = (".tif", ".tiff")


def add_commands(subparsers: Any) -> None:
    """Add ``restore``."""
    from imagest_core.cli.options import add_operator_option, add_request_options, add_style_options

    parser = subparsers.add_parser("restore", help="fill the damage of a scan and write a verified TIFF")
    parser.add_argument("painting", type=Path, metavar="PAINTING", help="the scan; it is never written")
    parser.add_argument("--mask", type=Path, required=True, metavar="MASK", help="white where it is damaged")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT", help="the TIFF to write")
    parser.add_argument("--force", action="store_true", help="replace OUT and the record if they exist")
    parser.add_argument(
        "--record", type=Path, metavar="FILE.json", help="write what was done, how and with what"
    )
    add_operator_option(parser)
    parser.add_argument("--page", type=int, default=0, metavar="N", help="page of a multi-page file, from 0")
    add_style_options(parser)
    add_request_options(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, progress: Progress) -> None:
    print("\n".join(restore_file(args, Targets(args.out, args.record, args.force), progress)))


@dataclass(frozen=True)
class Targets:
    """The files to write; existing ones are replaced only with ``force``."""

    out: Path
    record: Path | None = None
    force: bool = False

    def check(self, sources: tuple[Path, ...]) -> None:
        """Raise ``OutputError`` where one of them can't be written, or is one of ``sources``."""
        from imagest_core.painting.atomic import check_target

        if self.out.suffix.lower() not in ENDINGS:
            raise OutputError(f"The result is a TIFF; name it {self.out.stem}.tif, not {self.out.name}.")
        if len({path.resolve() for path in self.files}) < len(self.files):
            raise OutputError(f"{self.out} can't be both the restored scan and its record; name two files.")
        for target in self.files:
            for source in sources:
                check_target(target, force=self.force, source=source)

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        return (self.out,) if self.record is None else (self.out, self.record)

    def lines(self, record: RestorationRecord) -> list[str]:
        """Where the files are, and whom the record names."""
        lines = [f"written: {self.out}"]
        if self.record is not None:
            unnamed = "" if record.operator else " (it names no operator; give --operator NAME)"
            lines.append(f"record: {self.record}{unnamed}")
        return lines


def restore_file(args: argparse.Namespace, targets: Targets, progress: Progress) -> list[str]:
    """Restore ``args.painting`` where ``args.mask`` is white; returns the lines to print."""
    from imagest_core.cli.options import request_of, style_of
    from imagest_core.damage.io import check_mask_usable, read_mask
    from imagest_core.painting.painting import open_painting
    from imagest_core.restoration.checking import check_request
    from imagest_core.restoration.styling import checked_style

    request, style = request_of(args), style_of(args)
    sources = [path for path in (args.painting, args.mask, args.style_image) if path is not None]
    targets.check(tuple(sources))
    check_request(request)
    started = time.monotonic()
    with open_painting(args.painting, page=args.page) as painting:
        damage = check_mask_usable(read_mask(args.mask, (painting.width, painting.height)))
        used = checked_style(painting, damage, request, style)
        job = Job(painting, damage, request, used, args.operator)
        record = _carried_out(job, targets, progress)
        notes = [f"note: {note}" for note in painting.notes]
        if style is not None and used is None:
            notes.append(f"note: {_named(request)} uses no style reference; the one given was not used.")
        return [*notes, *summary(record, time.monotonic() - started), *targets.lines(record)]


def _named(request: RestorationRequest) -> str:
    """The engine of a request, with its mode where that decides."""
    from imagest_core.restoration.fields import used_fields

    return f"{request.engine}:{request.mode}" if "mode" in used_fields(request) else request.engine


@dataclass(frozen=True, eq=False)
class Job:
    """What is to be restored, how, and by whom."""

    painting: Painting
    damage: DamageMap
    request: RestorationRequest
    style: StyleReference | None
    operator: str = ""


def _carried_out(job: Job, targets: Targets, progress: Progress) -> RestorationRecord:
    """Fill, write, verify; returns the record, which is on disk too if it was asked for."""
    from imagest_core.painting.atomic import all_or_none, replacing
    from imagest_core.painting.writer import writing_notes
    from imagest_core.restoration.restore import export, restore

    filling, writing = progress.part(0.0, 0.8, "restoring"), progress.part(0.8, 1.0)
    result = restore(job.painting, job.damage, job.request, job.style, filling, operator=job.operator)
    with all_or_none(targets.files, force=targets.force) as written:
        found = export(job.painting, result, targets.out, force=targets.force, progress=writing)
        written(targets.out)
        notes = writing_notes(job.painting)
        record = replace(result.record, verification=found, writing_notes=notes)
        if targets.record is not None:
            with replacing(targets.record, force=targets.force) as temporary:
                temporary.write_text(record.to_json() + "\n", encoding="utf-8")
            written(targets.record)
    return record


def summary(record: RestorationRecord, seconds: float) -> list[str]:
    """What was done, and what was checked, as lines for a person."""
    mask, request, found = record.mask, record.request, record.verification
    drawn = f"{mask.pixels:,} in the mask, grown by {request.growth}"
    what = f"{mask.regions:,} regions, {mask.grown:,} pixels filled ({drawn})"
    lines = [f"restored: {what} by {record.engine.name} in {duration(seconds)}"]
    if record.style is not None and record.style.suggested:
        picked = " ".join(",".join(map(str, box)) for box in record.style.regions)
        lines.append(f"style regions picked: {picked}")
    if found is not None:
        lines.append(f"verified: {found.samples:,} samples outside the mask compared, all identical")
    return lines + [f"note: {note}" for note in (*record.notes, *record.writing_notes)]
