"""``imagest info``: print a scan's properties as one line of JSON."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from imagest_core.cli.parsing import add_colour_option, add_reading_options
from imagest_core.printable import show_json
from imagest_core.progress import Progress


def add_commands(subparsers: Any) -> None:
    """Add ``info``."""
    parser = subparsers.add_parser("info", help="print a scan's properties as one line of JSON")
    parser.add_argument("painting", type=Path, metavar="PAINTING", help="the scan")
    add_reading_options(parser)
    parser.add_argument("--hash", action="store_true", help="add the file's SHA-256")
    add_colour_option(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.painting.reader import open_painting

    with open_painting(args.painting, page=args.page, assume_srgb=args.assume_srgb) as painting:
        facts = painting.info()
        if args.hash:
            facts["sha256"] = painting.sha256()
    show_json(facts)
