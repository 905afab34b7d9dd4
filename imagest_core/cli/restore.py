"""``imagest restore``: fill the damage of a scan and write a TIFF that is the scan everywhere else."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.bar import duration
from imagest_core.errors import OutputError
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.damage.map import DamageMap
    from imagest_core.painting.painting import Painting
    from imagest_core.restoration.request import RestorationRequest
    from imagest_core.restoration.result import RestorationResult
    from imagest_core.style.reference import StyleReference


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

        targets = [path for path in (self.out, self.record) if path is not None]
        if len({path.resolve() for path in targets}) < len(targets):
            raise OutputError(f"{self.out} can't be both the restored scan and its record; name two files.")
        for target in targets:
            for source in sources:
                check_target(target, force=self.force, source=source)


def restore_file(args: argparse.Namespace, targets: Targets, progress: Progress) -> list[str]:
    """Restore ``args.painting`` where ``args.mask`` is white; returns the lines to print."""
    from imagest_core.cli.options import request_of, style_of
    from imagest_core.damage.io import read_mask
    from imagest_core.painting.painting import open_painting

    request, style = request_of(args), style_of(args)
    sources = [path for path in (args.painting, args.mask, args.style_image) if path is not None]
    targets.check(tuple(sources))
    with open_painting(args.painting, page=args.page) as painting:
        damage = read_mask(args.mask, (painting.width, painting.height))
        return carry_out(painting, damage, request, style, targets, progress)
