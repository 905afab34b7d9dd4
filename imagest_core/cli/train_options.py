"""Options that the commands of ``imagest train`` share."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import positive, whole
from imagest_core.extras import require_extra

if TYPE_CHECKING:
    from imagest_core.training.loop import LoopOptions

LARGEST_SEED = 2**32 - 4
"""Limited because examples use seeds slightly above the given one."""


def add_run_options(
    parser: argparse.ArgumentParser, steps: int, *, held_out: int = 48, side: int = 128
) -> None:
    """Add the options of every training: pictures, the run's folder, steps and evaluation."""
    add = parser.add_argument
    add("sources", nargs="+", type=Path, metavar="PICTURES", help="pictures, or folders or tars of pictures")
    add(
        "-o", "--out", type=Path, required=True, metavar="RUN", help="folder of the run; resumed if it exists"
    )
    add("--craquelure", type=Path, metavar="MAPS", help="folder or tar of real craquelure maps")
    add("--steps", type=whole(1), default=steps, help=f"maximum number of steps (default {steps})")
    add(
        "--held-out",
        type=whole(1, 100_000),
        default=held_out,
        metavar="N",
        help=f"number of evaluated examples of held-out works (default {held_out})",
    )
    add("--side", type=whole(8, 4096), default=side, help=f"side of the crops in pixels (default {side})")
    add_seed(parser)
    add("--threads", type=whole(1, 1024), default=0, help="CPU threads (default: all)")
    add(
        "--evaluate-every",
        type=whole(1),
        default=min(250, steps // 2),
        metavar="N",
        help="evaluate held-out works every N steps",
    )


def add_gradient_options(parser: argparse.ArgumentParser, batch: int, rate: float) -> None:
    """Add the options of the gradient descent."""
    add = parser.add_argument
    add("--minutes", type=positive(1e9), default=math.inf, help="maximum duration")
    add("--batch", type=whole(1, 65536), default=batch, help=f"examples per step (default {batch})")
    add("--rate", type=positive(1), default=rate, help=f"highest learning rate (default {rate})")
    add_precision(parser)
    add_device(parser)
    add(
        "--workers",
        type=whole(0, 256),
        default=0,
        help="processes that prepare examples (default: this one only)",
    )


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Add the start of the random numbers."""
    parser.add_argument(
        "--seed",
        type=whole(0, LARGEST_SEED),
        default=0,
        metavar="N",
        help="the same seed draws the same random numbers (default 0)",
    )


def add_precision(parser: argparse.ArgumentParser) -> None:
    """Add the number format of the computation."""
    parser.add_argument(
        "--precision",
        choices=("auto", "no", "bf16", "fp16"),
        default="auto",
        help="number format: 16 bits, or no for 32 bits (default auto: 16 bits where they are faster)",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add the device of the networks."""
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where the networks run (default auto: on a GPU if there is one)",
    )


def require_training(args: argparse.Namespace, with_diffusion: str = "") -> None:
    """Raise ``InputError`` without the packages of training, or if ``--device cuda`` finds no GPU.

    ``with_diffusion``: what needs the packages of diffusion models as well.
    """
    require_extra("train", "Training")
    if with_diffusion:
        require_extra("diffusion", with_diffusion)
    from imagest_core.models.hardware import choose_hardware

    choose_hardware(args.device)


def settings_of(args: argparse.Namespace) -> dict[str, object]:
    """Return the settings of the run, which are stored with its state for the model card."""
    left_out = ("run", "command", "part", "out", "debug")
    return {k: _plain(v) for k, v in vars(args).items() if k not in left_out}


def training_inputs(args: argparse.Namespace) -> list[Path]:
    """Return all paths that the run reads."""
    named = (
        getattr(args, name, None)
        for name in ("craquelure", "network", "begin", "autoencoder", "encoder", "swin")
    )
    return [*args.sources, *(path for path in named if path is not None)]


def _plain(value: object) -> object:
    """Return a plain value; paths are reduced to their names for privacy."""
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, Path):
        return value.name
    return None if value == math.inf else value


def loop_options(args: argparse.Namespace, **others: Any) -> LoopOptions:
    """Return the options of the training loop."""
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
        **others,
    )
