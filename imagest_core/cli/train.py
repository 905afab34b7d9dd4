"""``imagest train``: train networks, pack a model, train a style branch or a language model."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import whole
from imagest_core.cli.train_adaptation import add_adaptation_commands
from imagest_core.cli.train_captions import add_captions_command
from imagest_core.cli.train_options import (
    add_gradient_options,
    add_run_options,
    loop_options,
    require_training,
    settings_of,
    training_inputs,
)
from imagest_core.cli.train_painting import add_painting_command
from imagest_core.cli.train_prompts import add_prompts_command
from imagest_core.cli.train_style import add_style_command
from imagest_core.errors import InputError
from imagest_core.printable import show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.models.imagest.network import NetworkConfig
    from imagest_core.training.examples import Batch, DamagedCrops
    from imagest_core.training.loop import TrainingTask


def add_commands(subparsers: Any) -> None:
    """Add ``train`` with its parts to the program's subparsers."""
    train = subparsers.add_parser("train", help="train networks on your own pictures")
    parts = train.add_subparsers(dest="part", required=True, metavar="PART")
    autoencoder = parts.add_parser("autoencoder", help="the encoder and the mask-conditioned decoder")
    autoencoder.set_defaults(run=_train_autoencoder)
    add_run_options(autoencoder, steps=4500)
    _network_option(autoencoder)
    add_gradient_options(autoencoder, batch=16, rate=3e-4)
    _add_planning(autoencoder)
    autoencoder.add_argument(
        "--begin",
        type=Path,
        metavar="RUN",
        help="use another run's encoder and train the decoder only",
    )
    imagest = parts.add_parser("imagest", help="the style encoder and the diffusion network")
    imagest.set_defaults(run=_train_imagest)
    add_run_options(imagest, steps=4500)
    _network_option(imagest)
    add_gradient_options(imagest, batch=32, rate=3e-4)
    _add_planning(imagest)
    imagest.add_argument(
        "--autoencoder",
        type=Path,
        required=True,
        metavar="RUN",
        help="run of a trained autoencoder, or a model",
    )
    imagest.add_argument(
        "--begin", type=Path, metavar="RUN", help="start with the averaged weights of another run"
    )
    add_style_command(parts)
    add_adaptation_commands(parts)
    add_captions_command(parts)
    add_prompts_command(parts)
    add_painting_command(parts)
    _add_pack_command(parts)


def _add_pack_command(parts: Any) -> None:
    packing = parts.add_parser("pack", help="pack finished runs into a model")
    packing.add_argument("--autoencoder", type=Path, required=True, metavar="RUN", help="a run, or a model")
    packing.add_argument(
        "--earlier", type=Path, metavar="RUN", help="the run that the autoencoder's run continued"
    )
    packing.add_argument("--diffusion", type=Path, required=True, metavar="RUN", help="a run, or a model")
    packing.add_argument("-o", "--out", type=Path, required=True, metavar="FOLDER", help="a new folder")
    packing.add_argument("--name", default="imagest", help="the model's name")
    packing.add_argument("--title", default="Imagest, trained here", help="one-line description")
    packing.add_argument("--licence", default="", help="licence of the weights")
    packing.set_defaults(run=_pack)


def _add_planning(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--save-every", type=whole(1), default=100, metavar="N", help="save the state every N steps")
    add("--plan", action="store_true", help="only print the plan of memory and time")


def _network_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--network",
        type=Path,
        metavar="FILE",
        help="sizes of the network as JSON (default: those of the embedded model)",
    )


def _train_autoencoder(args: argparse.Namespace, progress: Progress) -> int:
    require_training(args)
    from imagest_core.training.autoencoder import AutoencoderTask, averaged_autoencoder

    config = _network(args)
    data, held_out = _examples(args, config, progress)
    begin = averaged_autoencoder(args.begin) if args.begin else None
    _train(AutoencoderTask(config.autoencoder, held_out, begin), data, config, args, progress)
    return 0


def _train_imagest(args: argparse.Namespace, progress: Progress) -> int:
    require_training(args)
    from dataclasses import replace

    from imagest_core.training.diffusion import DiffusionTask
    from imagest_core.training.state import network_of

    config = replace(_network(args), autoencoder=network_of(args.autoencoder).autoencoder)
    data, held_out = _examples(args, config, progress)
    with TemporaryDirectory() as unused:  # a plan writes nothing
        folder = Path(unused) if args.plan else args.out
        task = DiffusionTask.on_autoencoder(args.autoencoder, folder, held_out, config, begin=args.begin)
    _train(task, data, config, args, progress)
    return 0


def _network(args: argparse.Namespace) -> NetworkConfig:
    from imagest_core.models.imagest.network import NetworkConfig
    from imagest_core.training.state import read_network

    return read_network(args.network) if args.network else NetworkConfig()


def _train(
    task: TrainingTask[Batch],
    data: DamagedCrops,
    config: NetworkConfig,
    args: argparse.Namespace,
    progress: Progress,
) -> None:
    from imagest_core.training.loop import Trainer
    from imagest_core.training.plan import plan_by_trial
    from imagest_core.training.resume import with_rates
    from imagest_core.training.run_lock import locked_run
    from imagest_core.training.state import write_run

    options = loop_options(args, save_every=args.save_every)
    show(*plan_by_trial(task, data, options).lines())
    if args.plan:
        return
    with locked_run(args.out):
        write_run(args.out, config, with_rates(args.out, settings_of(args)))
        Trainer(task, data, options).run(progress)


def _pack(args: argparse.Namespace, progress: Progress) -> int:
    from imagest_core.training.pack import pack

    description = pack(
        args.autoencoder,
        args.diffusion,
        args.out,
        name=args.name,
        title=args.title,
        licence=args.licence,
        earlier=args.earlier,
    )
    show(f"{args.out}: weights {description.weights_hash}")
    return 0


def _examples(
    args: argparse.Namespace, config: NetworkConfig, progress: Progress
) -> tuple[DamagedCrops, Batch]:
    from imagest_core.training.examples import DamagedCrops, fixed_batch
    from imagest_core.training.images import load_maps, load_works
    from imagest_core.training.resume import check_settings
    from imagest_core.training.state import check_run, start_torch

    check_run(args.out, config, training_inputs(args))
    check_settings(args.out, settings_of(args))
    if args.side % config.multiple:
        raise InputError(f"The side of the crops must be a multiple of {config.multiple}, not {args.side}.")
    start_torch(args.seed, args.threads)
    works, held_out_works = load_works(args.sources, progress)
    maps = load_maps(args.craquelure) if args.craquelure else ()
    style = config.style.side
    unseen = DamagedCrops(held_out_works, maps, args.side, style_side=style, seed=1, vary=False)
    data = DamagedCrops(works, maps, args.side, style_side=style, seed=args.seed + 2)
    return data, fixed_batch(unseen, args.held_out)
