"""``imagest train prompts``: fine-tune a language model that expands prompts."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import positive, whole
from imagest_core.cli.train_options import (
    add_gradient_options,
    add_seed,
    loop_options,
    require_training,
    settings_of,
)
from imagest_core.printable import show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.training.loop import LoopOptions

EPOCHS = 3.0
HELP = "a language model that expands prompts"
DESCRIPTION = """Fine-tune a language model of the GPT-2 kind on a text file with one prompt a line. One
prompt in ten is held out. The plan is printed first. A killed training continues with the same command. At
the end RUN/model holds the model as a hub folder with a card; add it with imagest models add."""


def add_prompts_command(subparsers: Any) -> None:
    """Add ``prompts`` to the subparsers of ``train``."""
    parser = subparsers.add_parser("prompts", help=HELP, description=DESCRIPTION)
    parser.set_defaults(run=_train_prompts)
    add = parser.add_argument
    add("prompts", type=Path, metavar="FILE.txt", help="prompts, one a line, in UTF-8")
    add(
        "-o", "--out", type=Path, required=True, metavar="RUN", help="folder of the run; resumed if it exists"
    )
    add("--base", required=True, metavar="MODEL", help="name or path of the language model to start from")
    add("--epochs", type=positive(1e6), default=EPOCHS, help=f"passes over the prompts (default {EPOCHS:g})")
    add("--steps", type=whole(1), help="maximum number of steps (default: as the epochs need)")
    add_gradient_options(parser, batch=16, rate=5e-5)
    add_seed(parser)
    add("--threads", type=whole(1, 1024), default=0, help="CPU threads (default: all)")
    add("--evaluate-every", type=whole(1), default=100, metavar="N", help="evaluate held-out prompts")
    add("--save-every", type=whole(1), default=100, metavar="N", help="save the state every N steps")
    add("--plan", action="store_true", help="only print the plan")


def _train_prompts(args: argparse.Namespace, progress: Progress) -> int:
    require_training(args, "Training a language model")
    from imagest_core.models.language import find_language_model, read_language_model
    from imagest_core.models.weights_hash import weights_hash
    from imagest_core.training import prompts as training
    from imagest_core.training.loop import Trainer
    from imagest_core.training.resume import check_settings, stated_rate
    from imagest_core.training.run_lock import locked_run
    from imagest_core.training.state import start_torch

    lines = training.read_prompts(args.prompts)
    base = find_language_model(args.base)
    check_settings(args.out, settings_of(args))
    digest = weights_hash(base, progress)
    description = training.describe_run(digest, args.seed, lines)
    training.check_prompt_run(args.out, description, [args.prompts, base.path])
    start_torch(args.seed, args.threads)
    chosen, held_out = training.split_prompts(lines, args.seed)
    model = read_language_model(base.path)
    data = training.PromptExamples(model, chosen, args.seed + 2)
    task = training.PromptTask(model, training.PromptExamples(model, held_out, 1))
    options = _options(args, len(data))
    show(*training.plan_lines(task, data, options))
    if args.plan:
        return 0
    with locked_run(args.out):
        training.write_prompt_run(args.out, description, {**settings_of(args), "base": base.name})
        trainer = Trainer(task, data, options)
        trainer.run(progress)
        facts = {
            "base": base.name,
            "base_sha256": digest,
            "prompts": len(lines),
            "batch": args.batch,
            "learning_rate": stated_rate(args.out),
            "seed": args.seed,
        }
        folder = training.save_prompt_model(trainer, task, args.out, base, facts)
    show(f"{folder}: add it with imagest models add {folder}")
    return 0


def _options(args: argparse.Namespace, count: int) -> LoopOptions:
    from imagest_core.training.prompts import steps_of

    args.steps = args.steps or steps_of(count, args.epochs, args.batch)
    warmup = max(1, min(200, args.steps // 10))
    return loop_options(args, save_every=args.save_every, warmup=warmup)
