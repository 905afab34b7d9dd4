"""``imagest unblind``: tell which methods human judges preferred in a blind comparison."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from imagest_core.printable import show
from imagest_core.progress import Progress

HELP = "evaluate the tallies of a blind comparison"
DESCRIPTION = """\
Read the key that imagest evaluate wrote beside its blind sheets, and the tallies that the judges
filled in, one file a judge. Print the mean score of each method with its interval over the cases,
and how often it was the best. With -o the table is also written as judged.md and judged.csv."""
OUTPUTS = ("judged.md", "judged.csv")


def add_commands(subparsers: Any) -> None:
    """Add ``unblind`` to the program's commands."""
    parser = subparsers.add_parser(
        "unblind",
        help=HELP,
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("key", metavar="KEY", type=Path, help="key.csv of the comparison")
    add("tallies", metavar="TALLY", type=Path, nargs="+", help="tables that the judges filled in")
    add("-o", "--output", metavar="DIR", type=Path, help="folder for judged.md and judged.csv")
    add("--force", action="store_true", help="replace existing files")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Print the judgements; write them if asked."""
    from imagest_core.evaluation.blind_test import (
        judgements_csv,
        judgements_markdown,
        judges_of,
        unblind,
    )
    from imagest_core.evaluation.files import encoded, results_folder, write_files

    found = unblind(args.key, args.tallies)
    text = judgements_markdown(found, judges_of(args.tallies))
    if args.output is not None:
        outputs = encoded(dict(zip(OUTPUTS, (text, judgements_csv(found)), strict=True)))
        inputs = (args.key, *args.tallies)
        with results_folder(args.output, OUTPUTS, force=args.force, inputs=inputs):
            for path in write_files(args.output, outputs, force=args.force, inputs=inputs):
                show(str(path))
    show(*text.rstrip().splitlines())
    return 0
