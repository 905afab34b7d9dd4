"""``imagest evaluate``: measure engines on cases with a known truth."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import add_reading_options, whole
from imagest_core.printable import show
from imagest_core.progress import Progress
from imagest_core.restoration.modes import Mode

if TYPE_CHECKING:
    from imagest_core.restoration.request import RestorationRequest

DESCRIPTION = """\
Restore cases with a known truth with several engines and compare the results with the truth.
CASES is a folder of folders with clean.png, damaged.png and mask.png. Tables (cases.csv,
means.csv, differences.csv, report.md) and contact sheets (sheet-*.png, close-*.png) go to DIR."""
ENGINE = """\
an engine, with its mode after a colon if it has any (imagest:textured), or the control
harmonic+noise[:ENGINE]: the harmonic fill with white noise of ENGINE's fine energy;
gmic: G'MIC's inpaint_matchpatch, where it is installed;
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
        "-o", "--output", metavar="DIR", type=Path, required=True, help="folder for the results"
    )
    parser.add_argument("--engine", metavar="NAME", action="append", default=[], help=ENGINE)
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


def _requests(names: Sequence[str], modes: Sequence[str]) -> Iterator[RestorationRequest]:
    """Yield a request for each engine of ``names``, such as ``imagest:textured``, and mode."""
    from imagest_core.restoration.request import RestorationRequest

    for engine, _, mode in (name.partition(":") for name in names):
        request = RestorationRequest.of(engine)
        spec = request.parameters.specs().get("mode")
        if spec is None:
            yield request
        else:
            chosen = [mode] if mode else modes or [choice.value for choice in spec.choices]
            yield from (request.changed(mode=each) for each in chosen)


def run(args: argparse.Namespace, progress: Progress) -> int:
    """Run the evaluation; print the paths of the written files."""
    from imagest_core.cli.options import check_options, check_used, given_values, parameter_tables
    from imagest_core.evaluation.methods import HARMONIC
    from imagest_core.evaluation.run import Evaluation, evaluate
    from imagest_core.restoration.engines.registry import available_engines, engine_names, get_engine
    from imagest_core.restoration.request import RestorationRequest

    values = given_values(args, (RestorationRequest.specs(), *parameter_tables()))
    values.pop("mode", None)
    named = {name.partition(":")[0] for name in args.engine} & set(engine_names())
    if args.engine and not named:
        named = {HARMONIC}
    modes = {"mode": args.mode} if args.mode else {}
    check_options(map(get_engine, sorted(named) or available_engines()), values | modes)
    methods = args.engine or available_engines()
    if all(method.partition(":")[0] in engine_names() for method in methods):
        check_used(_requests(methods, args.mode), values)
    evaluation = Evaluation(
        args.cases,
        args.output,
        tuple(args.engine),
        tuple(Mode(mode) for mode in args.mode),
        args.limit,
        values,
        args.metric_weights,
        args.force,
    )
    for path in evaluate(evaluation, progress):
        show(str(path))
    return 0
