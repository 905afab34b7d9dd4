"""``imagest train artist`` and ``imagest train adapters``: adapt Stable Diffusion to pictures."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import positive, whole
from imagest_core.cli.train_options import (
    add_device,
    add_precision,
    add_seed,
    loop_options,
    require_training,
    settings_of,
)
from imagest_core.errors import InputError, ModelError
from imagest_core.printable import show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.models.installed import InstalledModel
    from imagest_core.training.adaptation import AdaptationTask, Recipe
    from imagest_core.training.captioned_examples import CaptionedBatch, CaptionedExamples, CaptionedPictures
    from imagest_core.training.loop import LoopOptions

ARTIST_HELP = "adapt a Stable Diffusion model to an artist's works"
ARTIST_DESCRIPTION = """Train a Stable Diffusion model of yours on an artist's works and their captions. The
recipe of the paper is the default: all weights of the U-Net, batch 1, rate 1e-5, 512 px, 50 epochs.
--method lora trains a LoRA of rank 16 at a rate of 1e-4, which needs far less memory. Captions come from
imagest train captions, from --caption, or from the names of folders. The plan of memory and time is printed
first. A killed training continues with the same command. Pictures and captions never leave this computer."""
ADAPTERS_HELP = "train DreamBooth, a LoRA or textual inversion on a few pictures"
ADAPTERS_DESCRIPTION = """Train the baselines of the Imagest paper with its numbers of steps: DreamBooth
9,300, LoRA 8,400, textual inversion 3,600. It doesn't state batches and rates; those of diffusers' training
examples are used: DreamBooth batch 1, rate 5e-6; LoRA batch 1, rate 1e-4, rank 4; textual inversion 4
pictures a step, rate 2e-3 (5e-4 for each picture). The plan of memory and time is printed first. A killed
training continues with the same command. Pictures and captions never leave this computer."""
DREAMBOOTH_CAPTION = "a painting in sks style"
"""The caption of DreamBooth and LoRA: "sks" is the rare word of diffusers' examples."""

FEW = 20
"""Fewer works of an artist are learned by heart."""
HELD_OUT = 16
"""Maximum number of held-out pictures whose loss is measured."""


def add_adaptation_commands(subparsers: Any) -> None:
    """Add ``artist`` and ``adapters`` to the subparsers of ``train``."""
    artist = subparsers.add_parser("artist", help=ARTIST_HELP, description=ARTIST_DESCRIPTION)
    _add_run_options(artist)
    add = artist.add_argument
    add("--method", choices=("full", "lora"), default="full", help="what is trained (default full)")
    add("--artist", default="", metavar="NAME", help="the artist's name, which becomes part of each prompt")
    add("--template", default="", metavar="TEXT", help="prompt with {caption} and {artist}")
    add("--epochs", type=whole(1, 100_000), metavar="N", help="passes over the pictures (default 50)")
    add("--hold-out", action="store_true", help="keep 15 %% of the works to measure the loss on")
    artist.set_defaults(run=_train_artist)
    adapters = subparsers.add_parser("adapters", help=ADAPTERS_HELP, description=ADAPTERS_DESCRIPTION)
    _add_run_options(adapters)
    add = adapters.add_argument
    methods = ("dreambooth", "lora", "textual-inversion")
    add("--method", choices=methods, required=True, help="what is trained: see above")
    add("--token", default="<style>", metavar="WORD", help="new word of textual inversion (default <style>)")
    add("--initializer", default="painting", metavar="WORD", help="its first meaning (default painting)")
    add("--vectors", type=whole(1, 32), default=1, metavar="N", help="its number of vectors (default 1)")
    adapters.set_defaults(run=_train_adapters, artist="", template="", epochs=None, hold_out=False)


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("sources", nargs="+", type=Path, metavar="PICTURES", help="pictures, or folders or tars of pictures")
    add("--base", required=True, metavar="MODEL", help="name or path of a Stable Diffusion 1, 2 or XL model")
    add(
        "-o", "--out", type=Path, required=True, metavar="RUN", help="folder of the run; resumed if it exists"
    )
    add("--captions", type=Path, metavar="FILE", help="CSV table of imagest train captions")
    add("--caption", default="", metavar="TEXT", help="one caption for all pictures")
    add("--steps", type=whole(1), help="number of steps (default: see above)")
    add("--batch", type=whole(1, 65536), help="pictures per step (default: see above)")
    add("--rate", type=positive(1), help="learning rate (default: see above)")
    add("--rank", type=whole(1, 1024), help="rank of a LoRA (default: see above)")
    add("--side", type=whole(8, 4096), default=512, help="side of the squares in pixels (default 512)")
    add("--minutes", type=positive(1e9), default=math.inf, help="maximum duration")
    add_seed(parser)
    add("--threads", type=whole(1, 1024), default=0, help="CPU threads (default: all)")
    add("--workers", type=whole(0, 256), default=0, help="processes that prepare examples")
    add_precision(parser)
    add_device(parser)
    add("--eight-bit", action="store_true", help="keep the optimizer in 8 bits (needs bitsandbytes)")
    add(
        "--checkpointing",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="compute activations twice to save memory",
    )
    add("--save-every", type=whole(1), default=250, metavar="N", help="save the state every N steps")
    add("--evaluate-every", type=whole(1), default=1000, metavar="N", help="make samples every N steps")
    add("--sample-prompt", action="append", default=[], metavar="TEXT", help="prompt of a sample; repeatable")
    add("--sample-steps", type=whole(1, 1000), default=30, help="steps of the samples (default 30)")
    add("--plan", action="store_true", help="only print the plan of memory and time")


def _train_artist(args: argparse.Namespace, progress: Progress) -> int:
    from imagest_core.training.adaptation import ARTIST_RECIPES, AdaptationMethod

    args.token, args.initializer, args.vectors = "<style>", "painting", 1
    return _train(args, ARTIST_RECIPES[AdaptationMethod(args.method)], progress)


def _train_adapters(args: argparse.Namespace, progress: Progress) -> int:
    from imagest_core.training.adaptation import ADAPTER_RECIPES, AdaptationMethod

    return _train(args, ADAPTER_RECIPES[AdaptationMethod(args.method)], progress)


def _train(args: argparse.Namespace, recipe: Recipe, progress: Progress) -> int:
    from imagest_core.training.adaptation_run import (
        check_adaptation_run,
        name_of,
        save_adaptation,
        start_run,
    )
    from imagest_core.training.diffusion_plan import plan_training
    from imagest_core.training.loop import Trainer
    from imagest_core.training.resume import check_settings, stated_rate
    from imagest_core.training.run_lock import locked_run
    from imagest_core.training.state import start_torch

    require_training(args, "Training over Stable Diffusion")
    _check_options(args)
    base = base_model(args.base)
    training, held_out = _pictures(args, progress)
    _fill_in(args, recipe, len(training))
    check_settings(args.out, settings_of(args))
    facts, description = _facts(args, base, training, progress)
    check_adaptation_run(args.out, description, [*args.sources, *filter(None, [args.captions]), base.path])
    start_torch(args.seed, args.threads)
    task = _task(args, base, held_out, training)
    options = _loop_options(args)
    pictures = f"pictures: {len(training):,}; base: {base.name}; method: {args.method}"
    show(pictures, *(f"note: {note}" for note in _notes(args, training)))
    show(*plan_training(task, task.module, args.side, options).lines())
    if args.plan:
        return 0
    with locked_run(args.out):
        start_run(task, args.out, description, {**settings_of(args), "base": base.name})
        trainer = Trainer(task, _examples(args, training, task.inpainting), options)
        trainer.run(progress)
        facts["learning_rate"] = stated_rate(args.out)
        result = save_adaptation(trainer, task, args.out, _title(args), facts)
    show(f"{result}: add it with imagest models add {result} --name {name_of(_title(args))}")
    return 0


def _loop_options(args: argparse.Namespace) -> LoopOptions:
    """Return the options of the loop: a constant rate without an average of the weights."""
    return loop_options(
        args,
        save_every=args.save_every,
        eight_bit=args.eight_bit,
        average=0.0,
        constant=True,
        warmup=1,
        clip=1.0,
        picture_name="sample",
    )


def _check_options(args: argparse.Namespace) -> None:
    """Raise ``InputError`` for options that don't fit, before anything is loaded."""
    from imagest_core.training.adapted_weights import check_token
    from imagest_core.training.captions import check_template
    from imagest_core.training.loop import check_eight_bit

    if args.captions and args.caption:
        raise InputError("Give either --captions or --caption, not both.")
    if args.template and not args.artist:
        raise InputError("--template needs the artist's name: give it with --artist.")
    if args.template:
        check_template(args.template)
    if args.rank and args.method != "lora":
        raise InputError("Only a LoRA has a rank: leave out --rank, or choose --method lora.")
    if args.method == "textual-inversion":
        check_token(args.token)
    if args.eight_bit:
        check_eight_bit(args.device)


def base_model(name: str) -> InstalledModel:
    """Return the base model; raises ``ModelError`` unless it is a Stable Diffusion 1, 2 or XL model."""
    from imagest_core.models.identity import ModelKind
    from imagest_core.models.installed import find_installed
    from imagest_core.models.stable_diffusion.components import PIPELINES

    base = find_installed(name)
    if base.identity.kind is not ModelKind.PIPELINE or base.identity.family not in PIPELINES:
        raise ModelError(
            f"Only Stable Diffusion 1, 2 and XL models can be adapted, not {base.name} "
            f"({base.identity.kind}, {base.identity.family}): name another --base."
        )
    return base


def _pictures(
    args: argparse.Namespace, progress: Progress
) -> tuple[CaptionedPictures, CaptionedPictures | None]:
    """Return the training pictures with their prompts, and the held-out ones if asked for."""
    from imagest_core.training.captioned_examples import load_captioned

    training, held_out = load_captioned(
        args.sources,
        lambda name, caption: _prompts(args, name, caption),
        args.captions,
        args.hold_out,
        progress,
    )
    return training, held_out if args.hold_out else None


def _notes(args: argparse.Namespace, training: CaptionedPictures) -> list[str]:
    """Return sentences about what may be wrong with the training pictures."""
    from imagest_core.training.captioned_examples import picture_notes

    notes = [*training.notes, *picture_notes(training, args.side)]
    if len(training) < FEW and args.part == "artist":
        notes.append(f"Fewer than {FEW} pictures are learned by heart: compare the samples with them.")
    return notes


def _prompts(args: argparse.Namespace, name: str, caption: str) -> tuple[str, ...]:
    """Return the prompts of a picture; ``caption`` is "" without a table."""
    from imagest_core.training.adaptation import STYLE_TEMPLATES
    from imagest_core.training.captions import TEMPLATE, prompt_of
    from imagest_core.training.style_examples import caption_of

    text = caption or args.caption
    if args.method == "textual-inversion":
        if not text:
            return tuple(template.format(args.token) for template in STYLE_TEMPLATES)
        return (text if args.token in text else f"{text}, in the style of {args.token}",)
    if not text:
        text = DREAMBOOTH_CAPTION if args.part == "adapters" else caption_of(name)
    return (prompt_of(text, args.artist, args.template or TEMPLATE),)


def _fill_in(args: argparse.Namespace, recipe: Recipe, pictures: int) -> None:
    """Replace options that weren't given by those of the recipe."""
    args.batch = args.batch or recipe.batch
    args.rate = recipe.rate if args.rate is None else args.rate
    args.rank = args.rank or recipe.rank
    if args.steps is None:
        epochs = args.epochs or recipe.epochs
        args.steps = recipe.steps or math.ceil(epochs * pictures / args.batch)
    elif args.epochs is not None:
        raise InputError("Give either --steps or --epochs, not both.")


def _facts(
    args: argparse.Namespace, base: InstalledModel, training: CaptionedPictures, progress: Progress
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return facts for the card, and what must be the same when the run is resumed."""
    from imagest_core.models.weights_hash import weights_hash

    digest = weights_hash(base, progress)
    own: dict[str, Any] = {}
    if args.method == "lora":
        own = {"rank": args.rank}
    elif args.method == "textual-inversion":
        own = {"token": args.token, "initializer": args.initializer, "vectors": args.vectors}
    facts = {
        "base": base.name,
        "base_sha256": digest,
        "pictures": len(training),
        **({"artist": args.artist} if args.artist else {}),
        **own,
        "side": args.side,
        "batch": args.batch,
        "learning_rate": args.rate,
        "seed": args.seed,
    }
    description = {"method": args.method, "base_sha256": digest, "pictures_sha256": training.sha256, **own}
    return facts, description


def _task(
    args: argparse.Namespace,
    base: InstalledModel,
    held_out: CaptionedPictures | None,
    training: CaptionedPictures,
) -> AdaptationTask:
    from imagest_core.training.adaptation import AdaptationMethod, AdaptationOptions, AdaptationTask
    from imagest_core.training.stable_diffusion import training_hardware

    options = AdaptationOptions(
        training_hardware(args.device, args.precision),
        AdaptationMethod(args.method),
        rank=args.rank,
        token=args.token,
        initializer=args.initializer,
        vectors=args.vectors,
        checkpointing=args.checkpointing,
        seed=args.seed,
        samples=tuple(args.sample_prompt) or _sample_prompts(args, training),
        sample_side=args.side,
        sample_steps=args.sample_steps,
    )
    task = AdaptationTask(base, options)
    if args.side % task.multiple:
        raise InputError(f"The side of the squares must be a multiple of {task.multiple}, not {args.side}.")
    if held_out:
        task.held_out = _held_out_batch(args, held_out, task.inpainting)
    return task


def _sample_prompts(args: argparse.Namespace, training: CaptionedPictures) -> tuple[str, ...]:
    """Return the default prompts of the samples: a general one, and that of the first picture."""
    from imagest_core.training.captions import TEMPLATE, prompt_of

    general = prompt_of("a painting", args.artist, args.template or TEMPLATE) if args.artist else ""
    return tuple(dict.fromkeys(filter(None, (general, training.prompts[0][0]))))


def _examples(args: argparse.Namespace, pictures: CaptionedPictures, holes: bool) -> CaptionedExamples:
    from imagest_core.training.captioned_examples import CaptionedExamples

    return CaptionedExamples(pictures, args.side, holes=holes, seed=args.seed + 2)


def _held_out_batch(args: argparse.Namespace, pictures: CaptionedPictures, holes: bool) -> CaptionedBatch:
    from imagest_core.training.captioned_examples import CaptionedExamples

    count = min(HELD_OUT, len(pictures))
    return CaptionedExamples(pictures, args.side, holes=holes, seed=1).first(count)


def _title(args: argparse.Namespace) -> str:
    """Return the title of the result: the artist, the new word, or the folder of the run."""
    if args.method == "textual-inversion":
        return str(args.token).strip("<>")
    return args.artist or args.out.resolve().name
