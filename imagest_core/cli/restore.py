"""``imagest restore``: fill the damage of a scan and write a TIFF identical to the scan elsewhere."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import (
    add_colour_option,
    add_rim_option,
    add_within_option,
    selected,
    within_files,
    within_notes,
)
from imagest_core.cli.progress_bar import duration
from imagest_core.errors import OutputError
from imagest_core.printable import counted, show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.damage.map import DamageMap
    from imagest_core.damage.rim import CleanedRim
    from imagest_core.painting.reader import Painting
    from imagest_core.restoration.record import RestorationRecord
    from imagest_core.restoration.request import RestorationRequest


ENDINGS = (".tif", ".tiff")


def add_commands(subparsers: Any) -> None:
    """Add ``restore``."""
    from imagest_core.cli.options import add_operator_option, add_request_options, add_style_options
    from imagest_core.cli.parsing import add_reading_options

    parser = subparsers.add_parser("restore", help="fill the damage of a scan and write a verified TIFF")
    parser.add_argument("painting", type=Path, metavar="PAINTING", help="the scan, which is never written")
    parser.add_argument("--mask", type=Path, required=True, metavar="MASK", help="the mask, white for damage")
    parser.add_argument(
        "--class",
        dest="classes",
        action="append",
        default=[],
        metavar="[VALUE=]CLASS",
        help="MASK has several values: the class of the part with this index, grey value or #rrggbb, such as "
        "2=protected or 3=overpaint; parts without a class are left out",
    )
    parser.add_argument(
        "--protect",
        type=Path,
        metavar="MASK",
        help="a mask, white where nothing may be filled, grown into or taken as a style reference",
    )
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT", help="the TIFF to write")
    parser.add_argument("--force", action="store_true", help="replace OUT and the record if they exist")
    parser.add_argument("--record", type=Path, metavar="FILE.json", help="write a record of the restoration")
    add_operator_option(parser)
    add_reading_options(parser)
    add_colour_option(parser)
    add_style_options(parser)
    add_rim_option(parser)
    add_within_option(parser, "the restoration")
    add_request_options(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, progress: Progress) -> None:
    show(*restore_file(args, Targets(args.out, args.record, args.force), progress))


@dataclass(frozen=True)
class Targets:
    """The files to write; existing ones are replaced only with ``force``."""

    out: Path
    record: Path | None = None
    force: bool = False

    def check(self, inputs: Sequence[Path]) -> None:
        """Raise ``OutputError`` if a file can't be written or is one of ``inputs``."""
        from imagest_core.painting.atomic import check_writable, remove_stale
        from imagest_core.painting.outputs import FileKind, check_replaceable, check_targets

        if self.out.is_dir():
            raise OutputError(f"{self.out} is a folder; add a file name that ends in .tif.")
        if self.out.suffix.lower() not in ENDINGS:
            raise OutputError(f"The result is a TIFF; name it {self.out.stem}.tif, not {self.out.name}.")
        for path in self.files:
            remove_stale(path)
        check_targets(self.files, force=self.force, inputs=inputs)
        if self.record is not None:
            check_replaceable(self.record, FileKind.OTHER)
        check_replaceable(self.out, FileKind.PICTURE)
        for path in self.files:
            check_writable(path)

    @property
    def files(self) -> tuple[Path, ...]:
        """All files to write."""
        return (self.out,) if self.record is None else (self.out, self.record)

    def lines(self, record: RestorationRecord) -> list[str]:
        """Return lines with the paths, and a hint if the record names no operator."""
        lines = [f"written: {self.out}"]
        if self.record is not None:
            unnamed = "" if record.operator else " (it names no operator; give --operator NAME)"
            lines.append(f"record: {self.record}{unnamed}")
        return lines


def restore_file(args: argparse.Namespace, targets: Targets, progress: Progress) -> list[str]:
    """Restore ``args.painting`` where ``args.mask`` is white; return the lines to print."""
    from imagest_core.cli.options import inputs_of, request_of, style_of
    from imagest_core.painting.reader import open_painting
    from imagest_core.painting.writer import copying_early
    from imagest_core.restoration.api import restore
    from imagest_core.restoration.style_selection import checked_style
    from imagest_core.restoration.validation import check_request
    from imagest_core.restoration.written import write_result

    request, style = request_of(args), style_of(args)
    inputs = (*inputs_of(args), *within_files(args.within))
    targets.check(inputs)
    check_request(request)
    started = time.monotonic()
    with open_painting(args.painting, page=args.page, assume_srgb=args.assume_srgb) as painting:
        damage = _read_damage(args, (painting.width, painting.height))
        request = replace(request, within=selected(args.within, painting.box))
        rim = _cleaned(painting, damage, args.rim, request, progress.part(0.0, 0.0, "cleaning the rim"))
        damage = damage if rim is None else rim.damage
        used = checked_style(painting, damage, request, style)
        filling, writing = progress.part(0.0, 0.8, "restoring"), progress.part(0.8, 1.0)
        with copying_early(painting, targets.out, force=targets.force) as copy:
            result = restore(painting, damage, request, used, filling, operator=args.operator, rim=rim)
            record = write_result(
                painting,
                result,
                targets.out,
                targets.record,
                force=targets.force,
                inputs=inputs,
                progress=writing,
                copy=copy,
            )
        notes = [f"note: {note}" for note in painting.notes]
        notes += within_notes(args.within, painting.box)
        if style is not None and used is None:
            notes.append(f"note: {_named(request)} uses no style reference; the given one was ignored.")
        return [*notes, *summary(record, time.monotonic() - started), *targets.lines(record)]


def _read_damage(args: argparse.Namespace, size: tuple[int, int]) -> DamageMap:
    """Read the damage with its protected pixels; raises ``MaskError``."""
    from imagest_core.damage.mask_io import check_mask_usable, read_mask
    from imagest_core.restoration.fill_mask import check_unprotected, with_protection

    damage = check_mask_usable(_read_mask(args, size))
    if args.protect is None:
        return damage
    return check_unprotected(damage, with_protection(damage, read_mask(args.protect, size)))


def _read_mask(args: argparse.Namespace, size: tuple[int, int]) -> DamageMap:
    """Read a black and white mask, or one with several values and the classes that ``--class`` gives."""
    from imagest_core.damage.mask_io import read_mask
    from imagest_core.errors import InputError, NotBinaryError

    if not args.classes:
        try:
            return read_mask(args.mask, size)
        except NotBinaryError as error:
            remedy = "or give each value a class, such as --class 1=loss"
            raise InputError(f"{str(error).rstrip('.')}, {remedy}.") from error
    from imagest_core.damage.mask_parts import read_mask_parts
    from imagest_core.project.mask_import import damage_of_parts

    return damage_of_parts(read_mask_parts(args.mask, size), args.classes)


def _cleaned(
    painting: Painting, damage: DamageMap, limit: int, request: RestorationRequest, progress: Progress
) -> CleanedRim | None:
    """Return the damage grown over its rim by at most ``limit`` px, None for 0."""
    from imagest_core.damage.rim import clean_rim
    from imagest_core.restoration.fill_mask import damage_to_fill

    if not limit:
        return None
    damage_to_fill(painting.box, damage, request.within)
    return clean_rim(painting, damage, limit, progress, within=request.within)


def _named(request: RestorationRequest) -> str:
    """Return the engine of a request, with its mode if it has modes."""
    from imagest_core.restoration.used_parameters import used_parameters

    return f"{request.engine}:{request.get('mode')}" if "mode" in used_parameters(request) else request.engine


def summary(record: RestorationRecord, seconds: float) -> list[str]:
    """Summarize the restoration and its verification in readable lines."""
    mask, request, verification = record.mask, record.request, record.verification
    drawn = f"{mask.pixels:,} in the mask, dilated by {request.dilation} px"
    filled = f"{counted(mask.regions, 'region')}, {counted(mask.dilated, 'pixel')} filled ({drawn})"
    lines = [f"restored: {filled} by {record.engine.name} in {duration(seconds)}"]
    if record.style is not None and record.style.suggested:
        suggested = " ".join(",".join(map(str, box)) for box in record.style.regions)
        lines.append(f"style regions suggested: {suggested}")
    if verification is not None:
        lines.append(f"verified: {verification.samples:,} samples outside the mask compared, all identical")
    if verification is not None and verification.protected:
        lines.append(f"verified: {counted(verification.protected, 'protected pixel')} unchanged")
    return lines + [f"note: {note}" for note in (*record.notes, *record.writing_notes)]
