"""``imagest train painting``: adapt a model to the intact parts of one painting."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import add_colour_option, add_reading_options, positive, whole
from imagest_core.cli.train_options import add_device, add_seed
from imagest_core.errors import InputError, ModelError, OutputError
from imagest_core.printable import show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.training.study import PaintingStudy

HELP = "study one painting: adapt a model to its intact parts"
DESCRIPTION = """Adapt a model to the intact parts of one painting. Crops of the scan are trained on; what is
damaged, and a rim around it, is not. The result is kept only if the loss on intact crops that were held out
falls by more than twice its standard error. Use it with imagest restore --study FILE, for this painting
only: with a strongly different one it makes the model worse. The plan of memory and time is printed first. A
killed or cancelled study continues with the same command, and nothing leaves this computer."""
ENGINES = ("imagest", "stable-diffusion")
ENDING = ".safetensors"


def add_painting_command(subparsers: Any) -> None:
    """Add ``painting`` to the subparsers of ``train``."""
    parser = subparsers.add_parser("painting", help=HELP, description=DESCRIPTION)
    parser.set_defaults(run=_run)
    add = parser.add_argument
    add("painting", type=Path, metavar="PAINTING", help="the scan, which is never written")
    add("--mask", type=Path, required=True, metavar="MASK", help="the mask, white for damage")
    add("-o", "--out", type=Path, required=True, metavar=f"FILE{ENDING}", help="the study to write")
    add("--force", action="store_true", help="replace FILE if it exists")
    add("--engine", choices=ENGINES, default="imagest", help="whose model is adapted (default imagest)")
    add("--model", default="", metavar="NAME|PATH", help="name or path of the model")
    add("--steps", type=whole(1, 100_000), help="training steps (default 200)")
    add("--rank", type=whole(1, 256), help="rank of the changes of the weights (default 8)")
    add("--rate", type=positive(1), help="highest learning rate (default: imagest 1e-3, otherwise 1e-4)")
    add("--batch", type=whole(1, 256), help="crops per step (default: imagest 8, stable-diffusion 1)")
    add("--crops", type=whole(16, 100_000), metavar="N", help="crops to study at most (default 256)")
    add("--prompt", default="", metavar="TEXT", help="what the painting shows, for models that read text")
    add_seed(parser)
    add("--threads", type=whole(1, 1024), default=0, help="CPU threads (default: all)")
    add_device(parser)
    add("--plan", action="store_true", help="only print the plan of memory and time")
    add_reading_options(parser)
    add_colour_option(parser)


def _run(args: argparse.Namespace, progress: Progress) -> int:
    from imagest_core.training.study import write_study

    inputs = (args.painting, args.mask)
    _check(args, inputs)
    study = _planned(args, progress)
    if args.plan:
        return 0
    outcome = study.run(progress.part(0.05, 1.0))
    show(str(outcome.message))
    if outcome.study is not None:
        write_study(outcome.study, args.out, force=args.force, inputs=inputs)
        study.finish()
        show(f"written: {args.out}; use it with imagest restore --study {args.out}")
    return 0


def _check(args: argparse.Namespace, inputs: tuple[Path, ...]) -> None:
    """Raise ``InputError`` for options that don't fit, before anything is loaded."""
    from imagest_core.painting.outputs import FileKind, check_replaceable, check_target

    if args.out.suffix != ENDING:
        raise OutputError(f"A study is a file that ends in {ENDING}: name it {args.out.stem}{ENDING}.")
    check_target(args.out, force=args.force, inputs=inputs)
    check_replaceable(args.out, FileKind.OTHER)
    if args.out.is_file():
        _check_study(args.out)
    if args.prompt and args.engine == "imagest":
        raise InputError("The embedded network reads no text: leave out --prompt.")


def _check_study(path: Path) -> None:
    """Raise ``OutputError`` unless the file that would be replaced is a study, not a model."""
    from imagest_core.models.studies import read_study

    try:
        read_study(path)
    except ModelError as error:
        raise OutputError(f"{path} is no study, so it is not replaced: choose another name.") from error


def _planned(args: argparse.Namespace, progress: Progress) -> PaintingStudy:
    """Read the crops of the painting, and print the plan."""
    from imagest_core.damage.mask_io import read_mask
    from imagest_core.painting.reader import open_painting
    from imagest_core.training.study import PaintingStudy, load_task, options_for

    options = options_for(
        args.engine,
        **{
            name: getattr(args, name)
            for name in ("steps", "rank", "rate", "batch", "crops", "seed", "prompt")
        },
    )
    with open_painting(args.painting, page=args.page, assume_srgb=args.assume_srgb) as painting:
        damage = read_mask(args.mask, (painting.width, painting.height))
        loading = progress.part(0.0, 0.0, "loading the network")
        task = load_task(args.engine, args.model, args.device, args.threads, options, loading)
        study = PaintingStudy(painting, damage, task, options, progress.part(0.0, 0.05))
        show(f"model: {task.base_name}", *study.plan.lines())
        return study
