"""``imagest layers``: further pictures of the work, registered with the scan of a project."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import add_colour_option, add_reading_options
from imagest_core.printable import show, show_json
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.project.state import Layer, State

KINDS = ("infrared", "ultraviolet", "xray", "raking", "earlier", "other")


def add_commands(subparsers: Any) -> None:
    """Add ``layers`` and its actions."""
    parser = subparsers.add_parser("layers", help="add, list and remove registered pictures of a project")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    listed = _add(actions, "list", _list, "print the layers, and whether their pictures are in place")
    listed.add_argument("--json", action="store_true", help="print one line of JSON")
    add = _add(actions, "add", _add_layer, "register a picture of the same work with the scan")
    add.add_argument("picture", type=Path, metavar="PICTURE", help="the picture, which is never written")
    add.add_argument("--kind", choices=KINDS, default="other", help="what it shows (default other)")
    add.add_argument("--name", default="", metavar="NAME", help="its name (default: that of the file)")
    add_colour_option(add)
    remove = _add(actions, "remove", _remove, "remove a layer; its picture stays")
    remove.add_argument("name", metavar="NAME", help="the name of the layer")


def _add(actions: Any, name: str, run: Any, help: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=help)
    parser.add_argument("project", type=Path, metavar="PROJECT", help="the project file, .imagest")
    add_reading_options(parser, page=False)
    parser.set_defaults(run=run)
    return parser


def _list(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.project.document import Document

    with Document.open_read_only(args.project) as document:
        layers = [_facts(layer, document.state, args.project) for layer in document.state.layers]
    if args.json:
        show_json({"project": str(args.project), "layers": layers})
    elif not layers:
        show("no layers")
    else:
        show(*(line for layer in layers for line in _lines(layer)))


def _facts(layer: Layer, state: State, project: Path) -> dict[str, Any]:
    from imagest_core.errors import InputError
    from imagest_core.project.layers import find_layer, layer_folders
    from imagest_core.serialization import to_plain

    note = ""
    try:
        find_layer(layer, layer_folders(state, project))
    except InputError as error:
        note = str(error)
    return {**to_plain(layer), "note": note}


def _lines(layer: dict[str, Any]) -> list[str]:
    residual = layer["residual"]
    error = "not measured" if residual is None else f"{residual:.2f} px RMS"
    size = f"{layer['width']:,} × {layer['height']:,} px"
    line = f"{layer['name']} ({layer['kind']}): {layer['path']}, {size}, registration error {error}"
    return [line, *([f"note: {layer['note']}"] if layer["note"] else [])]


def _add_layer(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.export.painting import open_project_painting
    from imagest_core.project.document import Document
    from imagest_core.project.layers import make_layer
    from imagest_core.project.operations.layers import add_layer
    from imagest_core.project.state import LayerKind

    with Document.open(args.project) as document, open_project_painting(document) as painting:
        kind = LayerKind(args.kind)
        layer = make_layer(args.picture, painting, kind, args.name, progress, assume_srgb=args.assume_srgb)
        document.do(add_layer(document.state, layer))
        facts = _facts(layer, document.state, args.project)
    show("added:", *_lines(facts))


def _remove(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.project.document import Document
    from imagest_core.project.operations.layers import remove_layer

    with Document.open(args.project) as document:
        document.do(remove_layer(document.state, args.name))
    show(f"removed: {args.name}")
