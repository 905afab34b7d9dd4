"""``imagest restore``: fill the damage of a scan and write a TIFF that is the scan everywhere else."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.bar import duration
from imagest_core.cli.parsing import add_colour_option
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
    from imagest_core.cli.options import add_request_options, add_style_options

    parser = subparsers.add_parser("restore", help="fill the damage of a scan and write a verified TIFF")
    parser.add_argument("painting", type=Path, metavar="PAINTING", help="the scan; it is never written")
    parser.add_argument("--mask", type=Path, required=True, metavar="MASK", help="white where it is damaged")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT", help="the TIFF to write")
    parser.add_argument("--force", action="store_true", help="replace OUT and the record if they exist")
    parser.add_argument(
        "--record", type=Path, metavar="FILE.json", help="write what was done, how and with what"
    )
    parser.add_argument("--page", type=int, default=0, metavar="N", help="page of a multi-page file, from 0")
    add_colour_option(parser)
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
        targets = [path for path in (self.out, self.record) if path is not None]
        if len({path.resolve() for path in targets}) < len(targets):
            raise OutputError(f"{self.out} can't be both the restored scan and its record; name two files.")
        for target in targets:
            for source in sources:
                check_target(target, force=self.force, source=source)

    def lines(self) -> list[str]:
        """Where the files are."""
        record = [f"record: {self.record}"] if self.record is not None else []
        return [f"written: {self.out}", *record]


def restore_file(args: argparse.Namespace, targets: Targets, progress: Progress) -> list[str]:
    """Restore ``args.painting`` where ``args.mask`` is white; returns the lines to print."""
    from imagest_core.cli.options import request_of, style_of
    from imagest_core.damage.io import check_mask_usable, read_mask
    from imagest_core.painting.painting import open_painting
    from imagest_core.restoration.styling import checked_style

    request, style = request_of(args), style_of(args)
    sources = [path for path in (args.painting, args.mask, args.style_image) if path is not None]
    targets.check(tuple(sources))
    started = time.monotonic()
    with open_painting(args.painting, page=args.page, assume_srgb=args.assume_srgb) as painting:
        damage = check_mask_usable(read_mask(args.mask, (painting.width, painting.height)))
        used = checked_style(painting, damage, request, style)
        record = _carried_out(painting, damage, request, used, targets, progress)
        notes = [f"note: {note}" for note in painting.notes]
        if style is not None and used is None:
            notes.append(f"note: {request.engine} uses no style reference; the one given was not used.")
        return [*notes, *summary(record, time.monotonic() - started), *targets.lines()]


def _carried_out(
    painting: Painting,
    damage: DamageMap,
    request: RestorationRequest,
    style: StyleReference | None,
    targets: Targets,
    progress: Progress,
) -> RestorationRecord:
    """Fill, write, verify; returns the record, which is on disk too if it was asked for."""
    from imagest_core.painting.atomic import replacing
    from imagest_core.restoration.restore import export, restore

    result = restore(painting, damage, request, style, progress.part(0.0, 0.8, "restoring"))
    found = export(painting, result, targets.out, force=targets.force, progress=progress.part(0.8, 1.0))
    record = replace(result.record, verification=found)
    if targets.record is not None:
        with replacing(targets.record, force=targets.force) as temporary:
            temporary.write_text(record.to_json() + "\n", encoding="utf-8")
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
    return lines + [f"note: {note}" for note in record.notes]
