"""The options that say how to fill, shared by every command that fills."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from imagest_core.cli.numbers import count, number
from imagest_core.cli.parsing import box, words
from imagest_core.restoration.request import (
    GROWTH_RANGE,
    MAX_GUIDANCE,
    Mode,
    Quality,
    RestorationRequest,
    ScalePolicy,
)
from imagest_core.style.reference import StyleReference


def add_request_options(parser: argparse.ArgumentParser) -> None:
    """Add everything of a :class:`RestorationRequest` that a person may want to choose."""
    default = RestorationRequest()
    _add_engine(parser.add_argument_group("what fills").add_argument, default)
    _add_windows(parser.add_argument_group("where and how it fits").add_argument, default)


def _add_engine(add: Callable[..., Any], default: RestorationRequest) -> None:
    add("--engine", default=default.engine, metavar="NAME", help=f"default {default.engine}")
    add("--model", default=default.weights, metavar="NAME|DIR", help="weights, for engines with any")
    add("--mode", choices=words(Mode), default=default.mode.value, help=f"default {default.mode}")
    add("--quality", choices=words(Quality), default=default.quality.value, help=f"default {default.quality}")
    add("--steps", type=count, metavar="N", help="sampling steps (default: by quality)")
    add("--scheduler", metavar="NAME", help="sampler (default: by quality)")
    detail = f"share of the intact paint's finest detail in textured fills, 0 to 1 (default {default.detail})"
    add("--detail", type=number(0, 1), default=default.detail, metavar="SHARE", help=detail)
    lent = "a reference of yours lends its colours, too"
    strength = f"how strongly the style counts, 0 to 4; {lent} (default {default.style_strength})"
    add("--style-strength", type=number(0, 4), default=default.style_strength, metavar="X", help=strength)
    guidance = f"how far the style is exaggerated, up to {MAX_GUIDANCE:g} (default {default.guidance}: not)"
    add("--guidance", type=number(0, MAX_GUIDANCE), default=default.guidance, metavar="X", help=guidance)
    add("--prompt", default="", metavar="TEXT", help="what is lost, for engines that read text")
    add("--seed", type=count, default=default.seed, metavar="N", help=f"default {default.seed}")
    add(
        "--variation",
        type=count,
        default=default.variation,
        metavar="N",
        help="another fill of the same seed",
    )
    add("--device", default=default.device, metavar="auto|cpu|cuda", help=f"default {default.device}")


def _add_windows(add: Callable[..., Any], default: RestorationRequest) -> None:
    low, high = GROWTH_RANGE
    growth = f"grow the mask, {low} to {high} (default {default.growth})"
    blend = f"transition inside the grown mask (default {default.blend})"
    add("--growth", type=count, default=default.growth, metavar="PX", help=growth)
    add("--blend", type=count, default=default.blend, metavar="PX", help=blend)
    context = f"intact border round damage, as a share of its size (default {default.context})"
    add("--context", type=number(0, 4), default=default.context, metavar="SHARE", help=context)
    add(
        "--scale",
        choices=words(ScalePolicy),
        default=default.scale.value,
        help="for damage larger than a window",
    )
    add(
        "--batch",
        type=count,
        default=default.batch,
        metavar="N",
        help="windows a GPU computes at a time (default: by its memory); a CPU computes one",
    )


def add_operator_option(parser: argparse.ArgumentParser) -> None:
    """Add who restores."""
    says = "who restores, for the record (default: the record names nobody)"
    parser.add_argument("--operator", default="", metavar="NAME", help=says)


def request_of(args: argparse.Namespace) -> RestorationRequest:
    """The request that ``args`` ask for; raises ``InputError``."""
    return RestorationRequest(
        engine=args.engine,
        weights=args.model,
        mode=Mode(args.mode),
        quality=Quality(args.quality),
        steps=args.steps,
        scheduler=args.scheduler,
        guidance=args.guidance,
        style_strength=args.style_strength,
        detail=args.detail,
        seed=args.seed,
        variation=args.variation,
        prompt=args.prompt,
        growth=args.growth,
        blend=args.blend,
        context=args.context,
        scale=ScalePolicy(args.scale),
        batch=args.batch,
        device=args.device,
    )


def add_style_options(parser: argparse.ArgumentParser) -> None:
    """Add where the style comes from."""
    style = parser.add_argument_group(
        "style reference (default: intact regions the program picks, and names)"
    )
    style.add_argument(
        "--style",
        type=box,
        action="append",
        default=[],
        metavar="X,Y,W,H",
        help="an intact region; may be given again",
    )
    style.add_argument("--style-image", type=Path, metavar="FILE", help="a picture of another work")


def style_of(args: argparse.Namespace) -> StyleReference | None:
    """The style reference that ``args`` name, or None."""
    if not args.style and args.style_image is None:
        return None
    return StyleReference(tuple(args.style), args.style_image)


def inputs_of(args: argparse.Namespace) -> tuple[Path, ...]:
    """Every file and folder that a command with these options reads."""
    named = ("painting", "mask", "clean", "style_image", "project", "exported")
    found = [path for name in named if (path := getattr(args, name, None)) is not None]
    return (*found, *models_of(args))


def models_of(args: argparse.Namespace) -> tuple[Path, ...]:
    """The folder of the weights that are asked for, where there is one."""
    from imagest_core.errors import ModelError
    from imagest_core.models.library import find_model

    try:
        return (find_model(getattr(args, "model", "") or ""),)
    except ModelError:
        return ()
