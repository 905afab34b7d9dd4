"""``imagest synthesize``: make pictures from text and style, marked as generated."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import picture_size
from imagest_core.errors import InputError
from imagest_core.printable import show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.synthesis.request import SynthesisRequest

LEFT_OUT = ("strength", "detail")
"""Parameters that matter to fills only."""
HELP = {
    "prompt": "What the picture shows, in English words.",
    "negative_prompt": "What the picture must not show.",
}
"""Help of parameters whose own is about fills."""


def add_commands(subparsers: Any) -> None:
    """Add ``synthesize``."""
    from imagest_core.cli.options import add_parameter, engine_parameters
    from imagest_core.synthesis.request import (
        LARGEST,
        MULTIPLE,
        SMALLEST,
        SynthesisRequest,
        synthesis_engines,
    )

    size = picture_size(SMALLEST, LARGEST, MULTIPLE)
    parser = subparsers.add_parser("synthesize", help="make pictures from text and style")
    add = parser.add_argument
    add("--engine", default="stable-diffusion", metavar="NAME", help=", ".join(synthesis_engines()))
    add("-o", "--out", type=Path, required=True, metavar="DIR", help="folder for the pictures and records")
    add(
        "--size",
        type=size,
        metavar="WxH",
        default=(512, 512),
        help="width and height in px, multiples of 8 (default 512x512)",
    )
    add("--format", choices=("png", "tiff"), default="png", help="PNG with 8 bits or TIFF with 16")
    add(
        "--style-image",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a picture whose style is taken; repeatable",
    )
    add("--force", action="store_true", help="replace existing files")
    for name in ("seed", "count", "device"):
        add_parameter(parser, SynthesisRequest.specs()[name])
    for spec in engine_parameters(synthesis_engines()):
        if spec.name not in LEFT_OUT:
            add_parameter(parser, replace(spec, help=HELP.get(spec.name, spec.help)))
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.painting.outputs import check_targets
    from imagest_core.synthesis.api import check_synthesis, synthesize, write_synthesis

    request = request_of(args)
    folder: Path = args.out
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; name a folder.")
    suffix = ".png" if args.format == "png" else ".tif"
    check_synthesis(request)
    targets = {seed: folder / f"seed-{seed}{suffix}" for seed in request.seeds}
    files = [path for out in targets.values() for path in (out, out.with_suffix(".json"))]
    with _new_folder(folder):
        check_targets(files, force=args.force, inputs=request.style_images)
        for made in synthesize(request, progress):
            record = write_synthesis(request, made, targets[made.seed], force=args.force)
            show(f"written: {targets[made.seed]} (record: {record.name})")


@contextmanager
def _new_folder(folder: Path) -> Iterator[None]:
    """Make a folder if it is missing; remove it again if nothing was written to it."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with suppress(OSError):
            for path in missing:
                path.rmdir()


def request_of(args: argparse.Namespace) -> SynthesisRequest:
    """Return the request that ``args`` describe; raises ``InputError``."""
    from imagest_core.cli.options import check_options, given_values
    from imagest_core.restoration.engines.registry import get_engine
    from imagest_core.synthesis.request import SynthesisRequest, synthesis_engines

    tables = [
        SynthesisRequest.specs(),
        *(get_engine(name).Parameters.specs() for name in synthesis_engines()),
    ]
    given = given_values(args, tables)
    if "prompt" in given and not given["prompt"].strip():
        raise InputError("The prompt is empty: describe the picture, or leave out --prompt.")
    own = {name: value for name, value in given.items() if name not in SynthesisRequest.specs()}
    SynthesisRequest.of(args.engine)
    check_options([get_engine(args.engine)], own)
    width, height = args.size
    return SynthesisRequest.of(
        args.engine, width=width, height=height, style_images=tuple(args.style_image), **given
    )
