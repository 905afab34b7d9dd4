"""``imagest evaluate``: measure engines on cases with a known truth."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from imagest_core.cli.parsing import add_reading_options, whole
from imagest_core.printable import show
from imagest_core.progress import Progress
from imagest_core.restoration.modes import Mode

DESCRIPTION = """\
Restore cases with a known truth with several methods and compare the results with the truth.
CASES is a folder of folders with clean.png, damaged.png and mask.png. Tables (cases.csv,
means.csv, differences.csv, report.md), the paper's table 2 with its own figures as cited rows
(table-2.md, .csv, .png) and contact sheets (sheet-*.png, close-*.png) go to DIR.
A folder without clean.png is a really damaged work: its fills are measured at their seams
(damaged.csv, damaged.md) and shown on blind sheets (blind-*.png) with a tally (tally.csv) for
human judges, which imagest unblind evaluates."""
METHOD = """\
an engine, with its mode after a colon if it has any (imagest:textured); with models of the library
ENGINE:MODEL[+ADAPTER[:WEIGHT]]...[@WORDS], such as stable-diffusion:sd15+monet or
imagest-sd:sd14+style, where WORDS are added to the prompt; vqgan:MODEL; two-stage:NAME, where the
style is transferred after NAME; the control harmonic+noise[:ENGINE]: the harmonic fill with white
noise of ENGINE's fine energy; gmic: G'MIC's inpaint_matchpatch, where it is installed; repeatable;
everything this computer has the models of when none is named"""


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
        "-o", "--output", metavar="DIR", type=Path, required=True, help="folder for the results"
    )
    parser.add_argument("--method", "--engine", dest="engine", metavar="NAME", action="append", default=[],
                        help=METHOD)  # fmt: skip
    parser.add_argument("--mode", action="append", choices=[mode.value for mode in Mode], default=[],
                        help="the mode of engines named without one; repeatable")  # fmt: skip
    parser.add_argument("--limit", metavar="N", type=whole(1), help="only the first N cases")
    _add_parameters(parser)
    add_reading_options(parser, page=False)
    parser.add_argument("--metric-weights", metavar="DIR", type=Path,
                        help="safetensors for LPIPS, FID, KID, CLIP score and style loss")  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace the results of an earlier evaluation")
    parser.set_defaults(run=run)


def _add_parameters(parser: argparse.ArgumentParser) -> None:
    from imagest_core.cli.options import add_engine_options, add_parameter
    from imagest_core.restoration.request import RestorationRequest

    shared = parser.add_argument_group("parameters of every engine")
    for spec in RestorationRequest.specs().values():
        add_parameter(shared, spec)
    add_engine_options(parser, leave_out=("mode",))


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Run the evaluation; print the paths of the written files and the paper's table."""
    from imagest_core.cli.options import given_values, parameter_tables
    from imagest_core.evaluation.run import Evaluation, evaluate
    from imagest_core.restoration.request import RestorationRequest

    values = given_values(args, (RestorationRequest.specs(), *parameter_tables()))
    values.pop("mode", None)
    modes = tuple(Mode(mode) for mode in args.mode)
    _check_values(args.engine, modes, values)
    evaluation = Evaluation(
        args.cases,
        args.output,
        tuple(args.engine),
        modes,
        args.limit,
        values,
        args.metric_weights,
        args.force,
    )
    outcome = evaluate(evaluation, progress)
    for path in outcome.paths:
        show(str(path))
    for table in outcome.tables:
        show("")
        show(*table.rstrip().splitlines())
    return 0


def _check_values(names: Sequence[str], modes: tuple[Mode, ...], values: Mapping[str, Any]) -> None:
    """Raise ``InputError`` for an option that none of the methods has or uses."""
    from imagest_core.cli.options import check_options, check_used
    from imagest_core.evaluation.methods import engine_of, methods
    from imagest_core.restoration.engines.registry import available_engines, engine_names, get_engine

    engines = {engine_of(name) for name in names} & set(engine_names())
    given = {**values, "mode": modes} if modes else values
    check_options(map(get_engine, sorted(engines) or available_engines()), given)
    chosen = names or available_engines()
    if all(name.partition(":")[0] in engine_names() for name in chosen):
        check_used((row.request for row in methods(chosen, modes, values)), values)
