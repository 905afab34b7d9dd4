"""``imagest evaluate``: its options, and what it says at the end."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from imagest_core.cli.numbers import add_reading_options, count, whole
from imagest_core.printable import show
from imagest_core.progress import Progress
from imagest_core.restoration.request import Mode, Quality, RestorationRequest

DESCRIPTION = """\
Restore cases whose truth is known with several engines and measure how near they come.
CASES is a folder of folders with clean.png, damaged.png and mask.png. Tables (cases.csv,
means.csv, differences.csv, report.md) and contact sheets (sheet-*.png, close-*.png) go to DIR."""
ENGINE = """\
an engine, with its mode after a colon if it has any (imagest:textured), or the control
harmonic+noise[:ENGINE]: the harmonic fill with white noise of ENGINE's fine energy;
repeatable; all engines when none is named"""


def add_commands(subparsers: Any) -> None:
    """Add ``evaluate`` to the program's commands."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure engines on cases with a known truth",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("cases", metavar="CASES", type=Path, help="the folder of cases")
    parser.add_argument(
        "-o", "--output", metavar="DIR", type=Path, required=True, help="where the results go"
    )
    parser.add_argument("--engine", metavar="NAME", action="append", default=[], help=ENGINE)
    parser.add_argument("--mode", action="append", choices=[mode.value for mode in Mode], default=[],
                        help="the mode of engines named without one; repeatable")  # fmt: skip
    parser.add_argument("--limit", metavar="N", type=whole(1), help="only the first N cases")
    _add_request(parser)
    add_reading_options(parser, page=False)
    parser.add_argument("--metric-weights", metavar="DIR", type=Path,
                        help="safetensors for LPIPS, FID, KID, CLIP score and style loss")  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace the results of an earlier evaluation")
    parser.set_defaults(run=run)


def _add_request(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME|DIR", default="", help="the weights of the network")
    parser.add_argument(
        "--quality", choices=[quality.value for quality in Quality], default=Quality.STANDARD.value
    )
    parser.add_argument(
        "--steps", metavar="N", type=whole(1, 1000), help="sampling steps instead of the quality's own"
    )
    parser.add_argument("--seed", metavar="N", type=count, default=0, help="of fills, noise and intervals")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Evaluate as asked; prints the report's place and the table of all cases."""
    request = RestorationRequest(
        weights=args.model,
        quality=Quality(args.quality),
        steps=args.steps,
        seed=args.seed,
        device=args.device,
    )
    from imagest_core.evaluation.run import Evaluation, evaluate

    modes = tuple(Mode(mode) for mode in args.mode)
    wanted = Evaluation(
        args.cases,
        args.output,
        tuple(args.engine),
        modes,
        args.limit,
        request,
        args.metric_weights,
        args.force,
    )
    for path in evaluate(wanted, progress):
        show(str(path))
    return 0
