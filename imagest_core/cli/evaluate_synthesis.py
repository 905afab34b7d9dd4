"""``imagest evaluate-synthesis``: measure pictures from prompts and style pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from imagest_core.cli.parsing import number, whole
from imagest_core.cli.train_options import add_device
from imagest_core.printable import show
from imagest_core.progress import Progress

HELP = "measure pictures made from prompts and style pictures"
DESCRIPTION = """\
Make a picture from each prompt with each method, and print the columns of the paper's table 1:
style loss, CLIP score, FID, KID, seconds and peak memory. PROMPTS is a text file with one prompt
a line. Prompt number k goes with the style picture of that number, from the start again after the
last. The paper's own figures are printed as cited rows. table-1.md, .csv and .png, pictures.csv,
a contact sheet (sheet.png) and the pictures with their records go to DIR. Nothing leaves this computer."""
METHOD = """\
ENGINE:MODEL[+ADAPTER[:WEIGHT]]...[@WORDS], such as stable-diffusion:sd15, stable-diffusion:sd15+monet
or imagest-sd:sd14+style, where WORDS are added to each prompt; vqgan:MODEL, an Amused model;
two-stage:NAME, where the style is transferred after NAME; repeatable; everything this computer has
the models of when none is named"""


def add_commands(subparsers: Any) -> None:
    """Add ``evaluate-synthesis`` to the program's commands."""
    parser = subparsers.add_parser(
        "evaluate-synthesis",
        help=HELP,
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("prompts", metavar="PROMPTS", type=Path, help="text file with one prompt a line, in UTF-8")
    add("--styles", metavar="DIR", type=Path, required=True, help="folder of style pictures")
    add("-o", "--output", metavar="DIR", type=Path, required=True, help="folder for the results")
    add("--method", metavar="NAME", action="append", default=[], help=METHOD)
    add(
        "--reference", metavar="DIR", type=Path, help="pictures for FID and KID (default: the style pictures)"
    )
    add("--limit", metavar="N", type=whole(1), help="only the first N prompts")
    add("--side", metavar="PX", type=whole(64, 4096), default=256, help="side of the pictures (default 256)")
    add("--steps", metavar="N", type=whole(1, 1000), default=30, help="DDIM steps (default 30)")
    add("--guidance", metavar="X", type=number(1, 20), default=7.5, help="strength of the text (default 7.5)")
    add("--seed", metavar="N", type=whole(0, 2**31), default=0, help="seed of the first picture (default 0)")
    add_device(parser)
    add("--metric-weights", metavar="DIR", type=Path,
        help="safetensors for style loss, FID, KID and CLIP score")  # fmt: skip
    add("--force", action="store_true", help="replace the results of an earlier evaluation")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Run the evaluation; print the paths of the written files and the table."""
    from imagest_core.evaluation.synthesis_methods import SynthesisSettings
    from imagest_core.evaluation.synthesis_run import SynthesisEvaluation, evaluate_synthesis

    settings = SynthesisSettings(args.side, args.steps, args.seed, args.guidance, args.device)
    evaluation = SynthesisEvaluation(
        args.prompts,
        args.styles,
        args.output,
        tuple(args.method),
        settings,
        args.limit,
        args.metric_weights,
        args.reference,
        args.force,
    )
    outcome = evaluate_synthesis(evaluation, progress)
    for path in outcome.paths:
        show(str(path))
    for table in outcome.tables:
        show("", *table.rstrip().splitlines())
    return 0
