"""``imagest models export-onnx``: export a model for ONNX Runtime and other programs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from imagest_core.errors import InputError
from imagest_core.extras import require_extra
from imagest_core.messages import Message
from imagest_core.models.identity import ModelKind
from imagest_core.models.installed import InstalledModel, find_installed
from imagest_core.models.onnx.diffusion_manifest import FAMILIES
from imagest_core.models.onnx.precision import FLOAT32, INT8, PRECISIONS
from imagest_core.printable import show, size_text
from imagest_core.progress import Progress


def add_command(parts: Any) -> None:
    """Add ``export-onnx`` to the parts of ``models``."""
    parser = parts.add_parser("export-onnx", help="export a network as ONNX graphs, compared with torch")
    parser.add_argument("model", nargs="?", default="", help="name or folder (default: the embedded model)")
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="DIR", help="new folder for the graphs"
    )
    parser.add_argument(
        "--precision",
        "--dtype",
        choices=PRECISIONS,
        default=FLOAT32,
        help=f"number format (default {FLOAT32})",
    )
    parser.add_argument(
        "--graphs-only",
        action="store_true",
        help="leave the weights in the model's safetensors files, as this program runs them",
    )
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, progress: Progress) -> int:
    if args.graphs_only and args.precision != FLOAT32:
        raise InputError(
            Message("Graphs without weights are {precision}: leave out one option.", precision=FLOAT32)
        )
    model = find_installed(args.model)
    if model.identity.kind is ModelKind.PIPELINE and model.identity.family in FAMILIES:
        return _export_diffusion(model, args, progress)
    if model.identity.kind is not ModelKind.IMAGEST:
        raise InputError(_refusal(model))
    require_extra("onnx-export", "Exporting to ONNX")
    from imagest_core.models.onnx.export import ExportOptions, export

    options = ExportOptions(args.precision, graphs_only=args.graphs_only)
    manifest = export(model.path, args.out, options, progress)
    for name, graph in manifest.graphs.items():
        size = size_text((args.out / f"{name}.onnx").stat().st_size)
        difference, tolerance = graph.check["difference"], graph.check["tolerance"]
        show(f"{name:<8}  {size:>9}  differs from torch by {difference:.1e} (at most {tolerance:.0e})")
    return 0


def _refusal(model: InstalledModel) -> Message:
    kind = model.identity.kind
    if kind is ModelKind.STYLE_ADAPTER:
        return Message(
            "{model} is a style adapter, which can't be exported: it runs in PyTorch.", model=model.name
        )
    if kind is ModelKind.ONNX_PIPELINE:
        return Message("{model} consists of ONNX graphs already.", model=model.name)
    return Message(
        "{model} ({kind}, {family}) can't be exported: choose a checkpoint of the Imagest network, or a model"
        " of Stable Diffusion 1, 2 or XL.",
        model=model.name,
        kind=kind,
        family=model.identity.family,
    )


def _export_diffusion(model: InstalledModel, args: argparse.Namespace, progress: Progress) -> int:
    if args.graphs_only or args.precision == INT8:
        option = "--graphs-only" if args.graphs_only else "--precision int8"
        raise InputError(
            Message(
                "Stable Diffusion is exported with its weights in float32 or float16: leave out {option}.",
                option=option,
            )
        )
    require_extra("diffusion", "Exporting Stable Diffusion")
    require_extra("onnx-export", "Exporting to ONNX")
    from imagest_core.models.onnx.export_diffusion import export_diffusion

    manifest = export_diffusion(model, args.out, args.precision, progress)
    for name, check in manifest.checks.items():
        files = (args.out / f"{name}.onnx", args.out / f"{name}.onnx.data")
        size = size_text(sum(file.stat().st_size for file in files if file.is_file()))
        show(
            f"{name:<14}  {size:>9}  differs from torch by {check['difference']:.1e} (at most"
            f" {check['tolerance']:.0e}), {check['maximum']:.1e} at most in one number"
        )
    return 0
