"""``imagest mask``: derive a damage mask from a clean picture, from the scan alone, or from examples."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import (
    add_colour_option,
    add_reading_options,
    add_rim_option,
    add_within_option,
    colour,
    count,
    number,
    selected,
    within_files,
    within_notes,
)
from imagest_core.errors import InputError, MaskError
from imagest_core.printable import counted, show
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.damage.detection.registered import RegisteredPicture
    from imagest_core.damage.map import DamageMap
    from imagest_core.painting.reader import Painting

METHODS = ("difference", "cracks", "losses", "examples")
CLEAN_UP = ("opening", "closing", "min_area", "dilate")
OPTIONS = {
    "cracks": ("polarity", "sensitivity", "widest"),
    "losses": ("ground", "tolerance"),
    "examples": ("examples", "model", "save_model", "scale", "threshold", "layers", "classes"),
}
"""The options of a single method."""
SPELLED = {"layers": "layer", "classes": "class"}
"""Names of options that aren't those of their values."""


def add_commands(subparsers: Any) -> None:
    """Add ``mask``."""
    parser = subparsers.add_parser("mask", help="derive a damage mask from a scan")
    add = parser.add_argument
    add("painting", type=Path, metavar="PAINTING", help="the scan with the damage")
    add("-o", "--out", type=Path, required=True, metavar="MASK", help="the mask to write: .png or .tif")
    add("--force", action="store_true", help="replace MASK if it exists")
    add(
        "--save-recipe",
        type=Path,
        metavar="FILE",
        help="write the method and its parameters as JSON, for batch",
    )
    add_reading_options(parser)
    add_colour_option(parser)
    add(
        "--method",
        choices=METHODS,
        help="difference (with --clean), cracks (default without), losses or examples",
    )
    add("--clean", type=Path, metavar="FILE", help="a picture of the work without the damage")
    add("--no-align", action="store_true", help="the clean picture is already aligned with the scan")
    _add_single_scan_options(parser)
    _add_example_options(parser)
    chain = parser.add_argument_group("clean-up (default: the method's own)").add_argument
    chain("--opening", type=count, metavar="R", help="remove components that contain no disc of this radius")
    chain("--closing", type=count, metavar="R", help="bridge gaps up to about twice this radius")
    chain("--min-area", type=count, metavar="N", help="remove components of fewer pixels")
    chain("--dilate", type=count, metavar="N", help="final dilation over the uncertain edge")
    add_rim_option(parser)
    add_within_option(parser, "the mask")
    add("--protect", type=Path, metavar="FILE", help="a mask, white where nothing may be marked")
    parser.set_defaults(run=_run)


def _add_single_scan_options(parser: argparse.ArgumentParser) -> None:
    cracks = parser.add_argument_group("cracks").add_argument
    cracks(
        "--polarity",
        choices=("dark", "light", "both"),
        help="darker or lighter than the paint (default dark)",
    )
    cracks(
        "--sensitivity",
        type=number(0, 1),
        metavar="S",
        help="0 to 1; lower values follow fainter cracks (default 0.25)",
    )
    cracks("--widest", type=count, metavar="PX", help="maximum width of a crack (default 9)")
    losses = parser.add_argument_group("losses").add_argument
    losses("--ground", type=colour, metavar="#RRGGBB", help="colour of the bare ground (default: detected)")
    losses(
        "--tolerance",
        type=number(0, 1000),
        metavar="T",
        help="maximum distance from the ground in CIELAB (default 4)",
    )


def _add_example_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("examples").add_argument
    add(
        "--examples",
        type=Path,
        metavar="STROKES",
        help="a picture of the scan's size: 0 unknown, 128 intact, 255 damage",
    )
    add(
        "--class",
        dest="classes",
        action="append",
        metavar="VALUE=CLASS",
        help="STROKES has other values: the class of the strokes with this index, grey value or #rrggbb, "
        "such as 1=loss, 2=crack and 3=intact; repeatable. With several classes of damage, MASK is an "
        "indexed PNG",
    )
    add("--model", type=Path, metavar="FILE", help="a damage model saved with --save-model")
    add(
        "--layer",
        dest="layers",
        type=Path,
        action="append",
        metavar="FILE",
        help="a further picture of the work, such as infrared, to learn from; repeatable, in a fixed order",
    )
    add("--save-model", type=Path, metavar="FILE", help="write what was learned, as .safetensors")
    add(
        "--scale",
        type=int,
        choices=(1, 2, 4, 8),
        help="learn at 1/SCALE of the size (default: follows the width of the strokes)",
    )
    add(
        "--threshold",
        type=number(0.01, 0.99),
        metavar="P",
        help="probability from which a pixel is damaged (default 0.45)",
    )


def _run(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.damage.rim import clean_rim
    from imagest_core.painting.atomic import check_writable
    from imagest_core.painting.outputs import FileKind, check_replaceable, check_targets
    from imagest_core.painting.reader import open_painting
    from imagest_core.restoration.fill_mask import with_protection

    method = _method(args)
    named = (args.painting, args.clean, args.examples, args.model, args.protect)
    inputs = [path for path in named if path is not None] + within_files(args.within)
    inputs += args.layers or []
    outs = [path for path in (args.out, args.save_model, args.save_recipe) if path is not None]
    if args.save_recipe is not None:
        _check_recipe(args, method)
    if args.model is not None:
        _check_model(args)
    check_targets(outs, force=args.force, inputs=inputs)
    check_replaceable(args.out, FileKind.PICTURE)
    for out in outs:
        check_writable(out)
    with open_painting(args.painting, page=args.page, assume_srgb=args.assume_srgb) as painting:
        protected = _protected(args.protect, painting)
        within = selected(args.within, painting.box)
        damage, notes = DERIVE[method](painting, args, progress)
        damage = damage if within is None else within.limit(damage)
        damage = _unprotected(damage, protected, method)
        notes = [detection_summary(damage, method), *notes, *within_notes(args.within, painting.box)]
        if args.rim:
            damage = damage if protected is None else with_protection(damage, protected)
            part = progress.part(0.0, 1.0, "cleaning the rim")
            rim = clean_rim(painting, damage, args.rim, part, within=within)
            damage = rim.damage if protected is None else rim.damage.without(protected)
            notes.append(f"rim: {counted(rim.pixels, 'pixel')} added, at most {rim.limit} px wide")
    notes += _write(damage, args, inputs)
    if args.save_recipe is not None:
        _save_recipe(args, method, tuple(inputs))
        notes.append(f"recipe: {args.save_recipe}")
    show(*notes, f"written: {args.out}")


def _write(damage: DamageMap, args: argparse.Namespace, inputs: list[Path]) -> list[str]:
    """Write the mask, by class if there are several; return a line with them as ``restore`` takes them."""
    from imagest_core.damage.mask_io import write_class_mask, write_mask

    labels = sorted(damage.counts())
    if args.method != "examples" or len(labels) < 2:
        write_mask(damage, args.out, force=args.force, inputs=inputs)
        return []
    write_class_mask(damage, args.out, force=args.force, inputs=inputs)
    names = {item.label: item.name for item in damage.classes}
    return [f"classes: {', '.join(f'{label}={names.get(label, label)}' for label in labels)}"]


def _unprotected(damage: DamageMap, protected: DamageMap | None, method: str) -> DamageMap:
    """Return the damage without ``protected``; raises ``MaskError`` if nothing is left."""
    if damage.empty:
        raise MaskError(f"No damage was found by {method}; nothing was written.")
    damage = damage if protected is None else damage.without(protected)
    if damage.empty:
        raise MaskError(f"The protection covers all damage found by {method}; nothing was written.")
    return damage


def _check_recipe(args: argparse.Namespace, method: str) -> None:
    from imagest_core.painting.outputs import FileKind, check_replaceable

    if method == "difference":
        raise InputError("A comparison with a clean picture fits one scan; leave out --save-recipe.")
    if args.protect or args.within or args.layers:
        raise InputError(
            "Protected areas, selections and registered pictures fit one scan; leave out --save-recipe."
        )
    if method == "examples" and args.model is None and args.save_model is None:
        raise InputError("A recipe names the learned model; give --save-model FILE, too.")
    check_replaceable(args.save_recipe, FileKind.OTHER)


def _save_recipe(args: argparse.Namespace, method: str, inputs: tuple[Path, ...]) -> None:
    from imagest_core.damage.detection.recipe import recipe_of, save_recipe

    names = (*CLEAN_UP, *OPTIONS[method])
    apart = ("examples", "model", "save_model", "scale")
    given = {name: getattr(args, name) for name in names if name not in apart}
    parameters = {name: value for name, value in given.items() if value is not None}
    recipe = recipe_of(method, parameters, args.rim, args.model or args.save_model)
    save_recipe(recipe, args.save_recipe, force=args.force, inputs=inputs)


def _protected(path: Path | None, painting: Painting) -> DamageMap | None:
    """Return the pixels that may not be marked, as label 1."""
    from imagest_core.damage.mask_io import read_mask

    return None if path is None else read_mask(path, (painting.width, painting.height))


def _method(args: argparse.Namespace) -> str:
    """Return the requested method, or the one that matches the given options."""
    method: str = args.method or ("difference" if args.clean else "cracks")
    if (method == "difference") != (args.clean is not None):
        raise InputError("The method difference and --clean FILE go together; give both or neither.")
    if method == "examples":
        _check_examples(args)
    for other, names in OPTIONS.items():
        given = [name for name in names if getattr(args, name) is not None]
        if given and method != other:
            option = SPELLED.get(given[0], given[0]).replace("_", "-")
            raise InputError(f"--{option} belongs to the method {other}, not to {method}.")
    return method


def _check_examples(args: argparse.Namespace) -> None:
    from imagest_core.damage.detection.trained_model import SUFFIX

    if (args.examples is None) == (args.model is None):
        raise InputError("The method examples needs either --examples STROKES or --model FILE.")
    if args.model is not None and (args.save_model or args.scale or args.classes):
        raise InputError(
            "--save-model, --scale and --class belong to --examples; leave them out with --model."
        )
    if args.save_model is not None and args.save_model.suffix.lower() != SUFFIX:
        raise InputError("A damage model is written as .safetensors: give --save-model such a name.")


def _check_model(args: argparse.Namespace) -> None:
    """Raise ``InputError`` unless the model is intact and as many layers are given as it needs."""
    from imagest_core.damage.detection.features import check_layer_count
    from imagest_core.damage.detection.trained_model import load_model

    check_layer_count(load_model(args.model).settings.layers, len(args.layers or ()))


def detection_summary(damage: DamageMap, method: str) -> str:
    """Return a line with the number of detected regions and pixels."""
    from imagest_core.damage.regions import find_regions

    pixels = damage.count()
    share = f"{pixels / (damage.width * damage.height):.2%} of the picture"
    regions = counted(len(find_regions(damage)), "region")
    return f"found by {method}: {regions}, {counted(pixels, 'pixel')} ({share})"


def _given(args: argparse.Namespace, method: str) -> dict[str, Any]:
    """Return the given options of the clean-up and of ``method``."""
    names = (*CLEAN_UP, *OPTIONS.get(method, ()))
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}


def _difference(
    painting: Painting, args: argparse.Namespace, progress: Progress
) -> tuple[DamageMap, list[str]]:
    from imagest_core.damage.detection.derive import DifferenceParameters, derive_damage
    from imagest_core.painting.reader import open_painting

    parameters = DifferenceParameters(**_given(args, "difference"), align=not args.no_align)
    with open_painting(args.clean, assume_srgb=args.assume_srgb) as clean:
        derived = derive_damage(clean, painting, parameters, progress)
    alignment = derived.alignment
    aligned = "used without alignment" if alignment.identity else f"aligned on {alignment.inliers} matches"
    return derived.damage, [f"{aligned}; differences above {derived.cut:.3f} count as damage"]


def _cracks(painting: Painting, args: argparse.Namespace, progress: Progress) -> tuple[DamageMap, list[str]]:
    from imagest_core.damage.detection.cracks import CrackParameters, Polarity
    from imagest_core.damage.detection.detect import detect_cracks

    given = _given(args, "cracks")
    if "polarity" in given:
        given["polarity"] = Polarity(given["polarity"])
    return detect_cracks(painting, CrackParameters(**given), progress), []


def _losses(painting: Painting, args: argparse.Namespace, progress: Progress) -> tuple[DamageMap, list[str]]:
    from dataclasses import replace

    from imagest_core.damage.detection.detect import detect_losses, estimate_ground_in, trusted_ground
    from imagest_core.damage.detection.losses import LossParameters

    parameters, notes = LossParameters(**_given(args, "losses")), []
    if parameters.ground is None:
        estimate = estimate_ground_in(painting, parameters, progress.part(0, 0.2, "looking for bare ground"))
        parameters = replace(parameters, ground=trusted_ground(estimate))
        if estimate is not None:
            digits = "".join(f"{round(255 * value):02x}" for value in estimate.colour)
            notes = [f"bare ground: #{digits} (confidence {estimate.confidence:.0%})"]
    return detect_losses(painting, parameters, progress.part(0.2, 1)), notes


def _examples(
    painting: Painting, args: argparse.Namespace, progress: Progress
) -> tuple[DamageMap, list[str]]:
    from imagest_core.damage.detection.prediction import ExampleParameters
    from imagest_core.damage.detection.trainable import StrokeClassifier
    from imagest_core.damage.detection.trained_model import load_model, save_model
    from imagest_core.damage.mask_io import check_class_mask

    names = (*CLEAN_UP, "scale", "threshold")
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    with ExitStack() as stack:
        layers = [_registered(path, painting, args, stack) for path in args.layers or ()]
        classifier = StrokeClassifier(painting, ExampleParameters(**given), layers=layers)
        if args.model is not None:
            classifier.use(load_model(args.model))
        else:
            strokes = _strokes(args, (painting.width, painting.height))
            classifier.update(strokes, progress.part(0, 0.2, "learning from the examples"))
        model = classifier.model
        assert model is not None
        if len(model.labels) > 2:  # intact paint, and several classes
            check_class_mask(args.out)
        damage = classifier.derive(progress.part(0.2, 1))
    notes = [_layer_note(layer) for layer in layers]
    unchecked = "" if model.checked else "; its file has no checksum, so it was not checked"
    notes += [f"damage model {model.sha256[:16]}, works at 1/{1 << model.level} of the size{unchecked}"]
    if args.save_model is not None:
        inputs = (args.painting, args.examples)
        save_model(model, args.save_model, force=args.force, inputs=inputs)
        notes.append(f"written: {args.save_model}")
    return damage, notes


def _strokes(args: argparse.Namespace, size: tuple[int, int]) -> DamageMap:
    """Read the strokes: of one class, or of those that ``--class`` gives."""
    from imagest_core.damage.example_strokes import read_strokes
    from imagest_core.damage.mask_parts import read_mask_parts
    from imagest_core.project.mask_import import strokes_of_parts

    if not args.classes:
        return read_strokes(args.examples, size)
    return strokes_of_parts(read_mask_parts(args.examples, size), args.classes)


def _registered(
    path: Path, painting: Painting, args: argparse.Namespace, stack: ExitStack
) -> RegisteredPicture:
    """Open the picture of a layer and register it with the scan."""
    from imagest_core.damage.detection.registered import register_picture
    from imagest_core.painting.reader import open_painting

    picture = stack.enter_context(open_painting(path, assume_srgb=args.assume_srgb))
    return register_picture(picture, painting)


def _layer_note(layer: RegisteredPicture) -> str:
    error = "not measured" if layer.residual is None else f"{layer.residual:.2f} px RMS"
    return f"layer {layer.picture.path.name}: registration error {error}"


DERIVE = {"difference": _difference, "cracks": _cracks, "losses": _losses, "examples": _examples}
