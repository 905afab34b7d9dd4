"""``imagest mask``: derive a damage mask from a clean picture of the work, or from the scan alone."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import add_colour_option, add_reading_options, colour, count, number
from imagest_core.errors import InputError, MaskError
from imagest_core.printable import counted, show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.damage.map import DamageMap
    from imagest_core.painting.reader import Painting

METHODS = ("difference", "cracks", "losses")
CLEAN_UP = ("opening", "closing", "min_area", "dilate")
OPTIONS = {"cracks": ("polarity", "sensitivity", "widest"), "losses": ("ground", "tolerance")}
"""The options that only one method knows."""


def add_commands(subparsers: Any) -> None:
    """Add ``mask``."""
    parser = subparsers.add_parser("mask", help="derive a damage mask from a scan")
    add = parser.add_argument
    add("painting", type=Path, metavar="PAINTING", help="the scan with the damage")
    add("-o", "--out", type=Path, required=True, metavar="MASK", help="the mask to write: .png or .tif")
    add("--force", action="store_true", help="replace MASK if it exists")
    add_reading_options(parser)
    add_colour_option(parser)
    add("--method", choices=METHODS, help="difference (with --clean), cracks (default without) or losses")
    add("--clean", type=Path, metavar="FILE", help="a picture of the work without the damage")
    add("--no-align", action="store_true", help="the clean picture already lies exactly over the scan")
    cracks = parser.add_argument_group("cracks").add_argument
    cracks(
        "--polarity",
        choices=("dark", "light", "both"),
        help="darker or lighter than the paint (default dark)",
    )
    cracks(
        "--sensitivity", type=number(0, 1), metavar="S", help="0 to 1; lower follows further (default 0.25)"
    )
    cracks("--widest", type=count, metavar="PX", help="wider lines are no cracks (default 9)")
    losses = parser.add_argument_group("losses").add_argument
    losses("--ground", type=colour, metavar="#RRGGBB", help="colour of the bare ground (default: found)")
    losses(
        "--tolerance",
        type=number(0, 1000),
        metavar="T",
        help="distance in CIELAB that is still ground (default 4)",
    )
    chain = parser.add_argument_group("clean-up (default: the method's own)").add_argument
    chain("--opening", type=count, metavar="R", help="components must hold a disk of this radius somewhere")
    chain("--closing", type=count, metavar="R", help="gaps of up to about twice this radius are bridged")
    chain("--min-area", type=count, metavar="N", help="smaller components go")
    chain("--dilate", type=count, metavar="N", help="growth over the uncertain rim at the end")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.damage.mask_io import write_mask
    from imagest_core.painting.atomic import check_writable
    from imagest_core.painting.outputs import FileKind, check_replaceable, check_target
    from imagest_core.painting.reader import open_painting

    method = _method(args)
    inputs = [path for path in (args.painting, args.clean) if path is not None]
    check_target(args.out, force=args.force, inputs=inputs)
    check_replaceable(args.out, FileKind.PICTURE)
    check_writable(args.out)
    with open_painting(args.painting, page=args.page, assume_srgb=args.assume_srgb) as painting:
        damage, notes = DERIVE[method](painting, args, progress)
    if damage.empty:
        raise MaskError(f"No damage was found by {method}; nothing was written.")
    write_mask(damage, args.out, force=args.force, inputs=inputs)
    show(found(damage, method), *notes, f"written: {args.out}")


def _method(args: argparse.Namespace) -> str:
    """The method asked for, or the one that fits what was given."""
    method: str = args.method or ("difference" if args.clean else "cracks")
    if (method == "difference") != (args.clean is not None):
        raise InputError("The method difference and --clean FILE go together; give both or neither.")
    for other, names in OPTIONS.items():
        given = [name for name in names if getattr(args, name) is not None]
        if given and method != other:
            raise InputError(f"--{given[0]} belongs to the method {other}, not to {method}.")
    return method


def found(damage: DamageMap, method: str) -> str:
    """How much was found, for a person."""
    from imagest_core.damage.regions import find_regions

    pixels = damage.count()
    share = f"{pixels / (damage.width * damage.height):.2%} of the picture"
    regions = counted(len(find_regions(damage)), "region")
    return f"found by {method}: {regions}, {counted(pixels, 'pixel')} ({share})"


def _given(args: argparse.Namespace, method: str) -> dict[str, Any]:
    """The options of clean-up and ``method`` that were given."""
    names = (*CLEAN_UP, *OPTIONS.get(method, ()))
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}


def _difference(
    painting: Painting, args: argparse.Namespace, progress: Progress
) -> tuple[DamageMap, list[str]]:
    from imagest_core.damage.detection.derive import DifferenceParameters, derive_damage
    from imagest_core.painting.reader import open_painting

    how = DifferenceParameters(**_given(args, "difference"), align=not args.no_align)
    with open_painting(args.clean, assume_srgb=args.assume_srgb) as clean:
        derived = derive_damage(clean, painting, how, progress)
    lies = "as they came" if derived.alignment.identity else f"on {derived.alignment.inliers} matches"
    return derived.damage, [f"aligned {lies}; differences above {derived.cut:.3f} count as damage"]


def _cracks(painting: Painting, args: argparse.Namespace, progress: Progress) -> tuple[DamageMap, list[str]]:
    from imagest_core.damage.detection.cracks import CrackParameters, Polarity
    from imagest_core.damage.detection.detect import detect_cracks

    given = _given(args, "cracks")
    if "polarity" in given:
        given["polarity"] = Polarity(given["polarity"])
    return detect_cracks(painting, CrackParameters(**given), progress), []


def _losses(painting: Painting, args: argparse.Namespace, progress: Progress) -> tuple[DamageMap, list[str]]:
    from imagest_core.damage.detection.detect import detect_losses
    from imagest_core.damage.detection.losses import LossParameters

    return detect_losses(painting, LossParameters(**_given(args, "losses")), progress), []


DERIVE = {"difference": _difference, "cracks": _cracks, "losses": _losses}
