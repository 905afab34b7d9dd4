"""``imagest train style``: train the Imagest style branch over Stable Diffusion."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import whole
from imagest_core.cli.train_options import (
    add_gradient_options,
    add_run_options,
    loop_options,
    require_training,
    settings_of,
    training_inputs,
)
from imagest_core.errors import InputError, ModelError
from imagest_core.printable import show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.models.imagest.style_swin import StyleConfig
    from imagest_core.models.installed import InstalledModel
    from imagest_core.models.stable_diffusion.style_branch import StyleBranchConfig
    from imagest_core.training.loop import LoopOptions
    from imagest_core.training.style_branch import StyleBranchTask
    from imagest_core.training.style_examples import PictureSets, StyleExamples

PAPER_STEPS = 13_600
UNET_RATE = 0.1
"""Learning rate of the U-Net as a share of that of the style branch: 1e-5 by default."""
OBJECTIVES = ("restoration", "synthesis", "both")
HELP = "the style encoder over a Stable Diffusion 1 model of yours"
DESCRIPTION = """Train a Swin style encoder and its cross-attention over a Stable Diffusion 1 model, as the
Imagest paper does. Folders like Style/Artist_title.jpg (WikiArt's layout) give each picture its style as a
caption. The plan of memory and time is printed first. A killed training continues with the same command. At
the end RUN/style-adapter holds the adapter, and with --train-unet RUN/model the trained base model; add them
with imagest models add."""


def add_style_command(subparsers: Any) -> None:
    """Add ``style`` to the subparsers of ``train``."""
    parser = subparsers.add_parser("style", help=HELP, description=DESCRIPTION)
    parser.set_defaults(run=_train_style)
    add_run_options(parser, steps=PAPER_STEPS, held_out=16, side=512)
    add_gradient_options(parser, batch=1, rate=1e-4)
    add = parser.add_argument
    add("--base", required=True, metavar="MODEL", help="name or path of a Stable Diffusion 1 model")
    add("--swin", type=Path, metavar="FILE", help="pretrained Swin-S, .safetensors with timm's names")
    add("--encoder", type=Path, metavar="FILE", help="sizes of the style encoder as JSON (default: Swin-S)")
    add("--train-unet", action="store_true", help="train the U-Net, too, as the paper does")
    add("--objective", choices=OBJECTIVES, default="restoration", help="fill holes (default), paint, or both")
    add("--eight-bit", action="store_true", help="keep the optimizer in 8 bits (needs bitsandbytes)")
    add(
        "--checkpointing",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="compute activations twice to save memory",
    )
    add("--save-every", type=whole(1), default=250, metavar="N", help="save the state every N steps")
    add("--plan", action="store_true", help="only print the plan of memory and time")


def _train_style(args: argparse.Namespace, progress: Progress) -> int:
    require_training(args, "Training over Stable Diffusion")
    from imagest_core.training.diffusion_plan import plan_training
    from imagest_core.training.loop import Trainer, check_eight_bit
    from imagest_core.training.resume import check_settings, stated_rate
    from imagest_core.training.run_lock import locked_run
    from imagest_core.training.state import STATE, start_torch
    from imagest_core.training.style_run import check_style_run, save_results, write_style_run

    if args.eight_bit:
        check_eight_bit(args.device)
    base, config = _base(args), _config(args)
    check_settings(args.out, settings_of(args))
    facts, description = _facts(args, base, config, progress)
    check_style_run(args.out, description, [*training_inputs(args), base.path])
    start_torch(args.seed, args.threads)
    sets, data, unseen = _examples(args, config, progress)
    task = _task(args, base, config, unseen, sets)
    options = _loop_options(args)
    for line in plan_training(task, task.module, args.side, options).lines():
        show(line)
    if args.plan:
        return 0
    if args.swin and not (args.out / STATE).is_file():
        _load_swin(task, args.swin)
    with locked_run(args.out):
        write_style_run(args.out, description, {**settings_of(args), "base": base.name})
        trainer = Trainer(task, data, options)
        trainer.run(progress)
        facts["learning_rate"] = stated_rate(args.out)
        counts = {"pictures": len(sets.training), "held_out_pictures": len(sets.held_out)}
        for folder in save_results(trainer, task, args.out, {**facts, **counts}):
            show(f"{folder}: add it with imagest models add {folder}")
    return 0


def _base(args: argparse.Namespace) -> InstalledModel:
    from imagest_core.models.identity import Family, ModelKind
    from imagest_core.models.installed import find_installed

    base = find_installed(args.base)
    if base.identity.kind is not ModelKind.PIPELINE or base.identity.family is not Family.SD1:
        raise ModelError(
            f"The style branch is trained over a Stable Diffusion 1 model, not {base.name} "
            f"({base.identity.kind}, {base.identity.family}): name another --base."
        )
    return base


def _config(args: argparse.Namespace) -> StyleBranchConfig:
    from imagest_core.models.imagest.style_swin import paper_style
    from imagest_core.models.stable_diffusion.style_branch import (
        RESTORATION_LAYERS,
        SYNTHESIS_LAYERS,
        StyleBranchConfig,
    )

    layers = {"restoration": RESTORATION_LAYERS, "synthesis": SYNTHESIS_LAYERS}
    chosen = layers.get(args.objective, (*RESTORATION_LAYERS, *SYNTHESIS_LAYERS))
    encoder = _encoder(args.encoder) if args.encoder else paper_style()
    context = _base(args).identity.details.get("context", "768")
    return StyleBranchConfig(encoder, chosen, context=int(context))


def _encoder(path: Path) -> StyleConfig:
    from imagest_core.models.imagest.style_swin import StyleSwinEncoder
    from imagest_core.models.stable_diffusion.style_branch import encoder_from_json
    from imagest_core.models.validation import read_json

    try:
        sizes = encoder_from_json(read_json(path))
        StyleSwinEncoder(sizes)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} doesn't describe a style encoder ({error}).") from error
    except Exception as error:  # constructors raise arbitrary errors for inconsistent sizes
        raise InputError(f"{path} doesn't describe a style encoder: its sizes don't fit together.") from error
    return sizes


def _facts(
    args: argparse.Namespace, base: InstalledModel, config: StyleBranchConfig, progress: Progress
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return facts for the card, and what must be the same when the run is resumed."""
    from imagest_core.models.file_hash import file_hash
    from imagest_core.models.weights_hash import weights_hash
    from imagest_core.training.style_run import describe_run

    if args.swin and not args.swin.is_file():
        raise InputError(f"There is no file {args.swin}: name the Swin weights as a .safetensors file.")
    digest = weights_hash(base, progress)
    facts = {
        "base": base.name,
        "base_sha256": digest,
        "objective": args.objective,
        "train_unet": args.train_unet,
        "side": args.side,
        "batch": args.batch,
        "learning_rate": args.rate,
        "seed": args.seed,
        **({"swin": args.swin.name, "swin_sha256": file_hash(args.swin)} if args.swin else {}),
    }
    return facts, describe_run(config, digest, args.objective, args.train_unet)


def _examples(
    args: argparse.Namespace, config: StyleBranchConfig, progress: Progress
) -> tuple[PictureSets, StyleExamples, StyleExamples]:
    from imagest_core.training.images import load_maps
    from imagest_core.training.style_examples import Objective, StyleExamples, load_picture_sets

    sets = load_picture_sets(args.sources, progress)
    maps = load_maps(args.craquelure) if args.craquelure else ()
    shared = (maps, args.side, config.encoder.side, Objective(args.objective))
    data = StyleExamples(sets.training, *shared, seed=args.seed + 2)
    return sets, data, StyleExamples(sets.held_out, *shared, seed=1, drop=0.0)


def _task(
    args: argparse.Namespace,
    base: InstalledModel,
    config: StyleBranchConfig,
    unseen: StyleExamples,
    sets: PictureSets,
) -> StyleBranchTask:
    from imagest_core.training.stable_diffusion import training_hardware
    from imagest_core.training.style_branch import StyleBranchTask, StyleTaskOptions

    hardware = training_hardware(args.device, args.precision)
    options = StyleTaskOptions(hardware, args.train_unet, args.checkpointing, args.seed)
    task = StyleBranchTask(base, config, unseen.first(args.held_out), sets.captions, options)
    if args.side % task.multiple:
        raise InputError(f"The side of the crops must be a multiple of {task.multiple}, not {args.side}.")
    return task


def _loop_options(args: argparse.Namespace) -> LoopOptions:
    factors = {"unet.": UNET_RATE} if args.train_unet else {}
    return loop_options(args, save_every=args.save_every, rate_factors=factors, eight_bit=args.eight_bit)


def _load_swin(task: StyleBranchTask, path: Path) -> None:
    from imagest_core.models.stable_diffusion.swin_weights import load_timm_swin

    load_timm_swin(task.branch.encoder, path)
