"""``imagest train``: train the autoencoder and the diffusion network, and pack a model."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import number, whole
from imagest_core.errors import InputError
from imagest_core.extras import require_extra
from imagest_core.printable import show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.models.imagest.network import NetworkConfig
    from imagest_core.training.examples import Batch, DamagedCrops
    from imagest_core.training.loop import LoopOptions, TrainingTask

LARGEST_SEED = 2**32 - 4
"""Limited because examples use seeds slightly above the given one."""


def add_commands(subparsers: Any) -> None:
    """Add ``train`` with its parts to the program's subparsers."""
    train = subparsers.add_parser("train", help="train the embedded model on your own pictures")
    parts = train.add_subparsers(dest="part", required=True, metavar="PART")
    autoencoder = parts.add_parser("autoencoder", help="the encoder and the mask-conditioned decoder")
    autoencoder.set_defaults(run=_train_autoencoder)
    _common(autoencoder, steps=4500)
    _gradients(autoencoder, batch=16, rate=3e-4)
    autoencoder.add_argument(
        "--begin",
        type=Path,
        metavar="RUN",
        help="use another run's encoder and train the decoder only",
    )
    imagest = parts.add_parser("imagest", help="the style encoder and the diffusion network")
    imagest.set_defaults(run=_train_imagest)
    _common(imagest, steps=4500)
    _gradients(imagest, batch=32, rate=3e-4)
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


def _common(parser: argparse.ArgumentParser, steps: int) -> None:
    add = parser.add_argument
    add("sources", nargs="+", type=Path, metavar="PICTURES", help="folders or tars of pictures")
    add(
        "-o", "--out", type=Path, required=True, metavar="RUN", help="folder of the run; resumed if it exists"
    )
    add("--craquelure", type=Path, metavar="MAPS", help="folder or tar of real craquelure maps")
    add("--steps", type=whole(1), default=steps, help=f"maximum number of steps (default {steps})")
    add(
        "--held-out",
        type=whole(1, 100_000),
        default=48,
        metavar="N",
        help="number of evaluated examples of held-out works (default 48)",
    )
    add(
        "--network",
        type=Path,
        metavar="FILE",
        help="sizes of the network as JSON (default: those of the embedded model)",
    )
    add("--side", type=whole(8, 4096), default=128, help="side of the crops in pixels (default 128)")
    add("--seed", type=whole(0, LARGEST_SEED), default=0)
    add("--threads", type=whole(0, 1024), default=0, help="CPU threads (default: all)")
    add(
        "--evaluate-every",
        type=whole(1),
        default=min(250, steps // 2),
        metavar="N",
        help="evaluate held-out works every N steps",
    )


def _gradients(parser: argparse.ArgumentParser, batch: int, rate: float) -> None:
    add = parser.add_argument
    add("--minutes", type=number(0, 1e9), default=math.inf, help="maximum duration")
    add("--batch", type=whole(1, 65536), default=batch, help=f"examples per step (default {batch})")
    add("--rate", type=number(0, 1), default=rate, help=f"highest learning rate (default {rate})")
    add("--precision", choices=("auto", "no", "bf16", "fp16"), default="auto")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto")
    add(
        "--workers",
        type=whole(0, 256),
        default=0,
        help="processes that prepare examples (default: this one only)",
    )


def _train_autoencoder(args: argparse.Namespace, progress: Progress) -> int:
    require_extra("train", "Training")
    from imagest_core.training.autoencoder import AutoencoderTask, averaged_autoencoder

    config = _network(args)
    data, held_out = _examples(args, config, progress)
    begin = averaged_autoencoder(args.begin) if args.begin else None
    _train(AutoencoderTask(config.autoencoder, held_out, begin), data, config, args, progress)
    return 0


def _train_imagest(args: argparse.Namespace, progress: Progress) -> int:
    require_extra("train", "Training")
    from dataclasses import replace

    from imagest_core.training.diffusion import DiffusionTask
    from imagest_core.training.state import network_of

    config = replace(_network(args), autoencoder=network_of(args.autoencoder).autoencoder)
    data, held_out = _examples(args, config, progress)
    task = DiffusionTask.on_autoencoder(args.autoencoder, args.out, held_out, config, begin=args.begin)
    _train(task, data, config, args, progress)
    return 0


def _network(args: argparse.Namespace) -> NetworkConfig:
    from imagest_core.models.imagest.network import NetworkConfig
    from imagest_core.training.state import read_network

    return read_network(args.network) if args.network else NetworkConfig()


def _train(
    task: TrainingTask,
    data: DamagedCrops,
    config: NetworkConfig,
    args: argparse.Namespace,
    progress: Progress,
) -> None:
    from imagest_core.training.loop import Trainer
    from imagest_core.training.state import write_run

    write_run(args.out, config, _settings(args))
    Trainer(task, data, _options(args)).run(progress)


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
    from imagest_core.training.state import check_run, start_torch

    check_run(args.out, config, _inputs(args))
    if args.side % config.multiple:
        raise InputError(f"The side of the crops must be a multiple of {config.multiple}, not {args.side}.")
    start_torch(args.seed, args.threads)
    works, held_out_works = load_works(args.sources, progress)
    maps = load_maps(args.craquelure) if args.craquelure else ()
    style = config.style.side
    unseen = DamagedCrops(held_out_works, maps, args.side, style_side=style, seed=1, vary=False)
    data = DamagedCrops(works, maps, args.side, style_side=style, seed=args.seed + 2)
    return data, fixed_batch(unseen, args.held_out)


def _settings(args: argparse.Namespace) -> dict[str, object]:
    """Return the settings of the run, which are stored with its state for the model card."""
    left_out = ("run", "command", "part", "out", "debug")
    return {k: _plain(v) for k, v in vars(args).items() if k not in left_out}


def _inputs(args: argparse.Namespace) -> list[Path]:
    """Return all paths that the run reads."""
    named = (getattr(args, name, None) for name in ("craquelure", "network", "begin", "autoencoder"))
    return [*args.sources, *(path for path in named if path is not None)]


def _plain(value: object) -> object:
    """Return a plain value; paths are reduced to their names for privacy."""
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, Path):
        return value.name
    return None if value == math.inf else value


def _options(args: argparse.Namespace) -> LoopOptions:
    from imagest_core.training.loop import LoopOptions

    return LoopOptions(
        folder=args.out,
        steps=args.steps,
        minutes=args.minutes,
        batch=args.batch,
        learning_rate=args.rate,
        precision=args.precision,
        device=args.device,
        workers=args.workers,
        evaluate_every=args.evaluate_every,
    )
