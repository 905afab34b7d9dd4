"""``imagest models list|info|import|fetch``: manage installed models."""

from __future__ import annotations

import argparse
import tempfile
from contextlib import redirect_stderr
from dataclasses import asdict
from pathlib import Path
from typing import Any

from imagest_core.errors import ModelError
from imagest_core.models.description import check_files, read_description
from imagest_core.models.library import InstalledModel, find_model, import_model, installed_models
from imagest_core.printable import error_stream, show, show_json
from imagest_core.progress import Progress


def add_commands(subparsers: Any) -> None:
    """Add ``models`` with its parts to the program's subparsers."""
    models = subparsers.add_parser("models", help="list, inspect, import and fetch weights")
    parts = models.add_subparsers(dest="part", required=True, metavar="list|info|import|fetch")
    parts.add_parser("list", help="list the installed models").set_defaults(run=_list)
    info = parts.add_parser("info", help="check a model's files and print its description as JSON")
    info.add_argument("model", nargs="?", default="", help="name or folder (default: the embedded model)")
    info.set_defaults(run=_info)
    import_ = parts.add_parser("import", help="copy a checkpoint folder into your models")
    import_.add_argument("folder", type=Path)
    _naming(import_).set_defaults(run=_import)
    fetch = parts.add_parser("fetch", help="download a checkpoint from a model hub and import it")
    fetch.add_argument("repository", help="OWNER/NAME on the hub")
    fetch.add_argument("--revision", help="a branch, tag or commit")
    _naming(fetch).set_defaults(run=_fetch)


def _naming(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--name", default="", help="name of the installed model")
    parser.add_argument("--force", action="store_true", help="replace a model of the same name")
    return parser


def _line(model: InstalledModel) -> str:
    return f"{model.name:<20} {model.size / 1e6:7.1f} MB  {model.description.title}"


def _list(args: argparse.Namespace, progress: Progress) -> int:
    broken: list[str] = []
    for model in installed_models(broken):
        show(_line(model))
    for sentence in broken:
        show(f"note: {sentence}")
    return 0


def _info(args: argparse.Namespace, progress: Progress) -> int:
    folder = find_model(args.model)
    description = read_description(folder)
    check_files(folder, description)
    facts = {**asdict(description), "weights_hash": description.weights_hash, "folder": str(folder)}
    show_json(facts, indent=1, sort_keys=True)
    return 0


def _import(args: argparse.Namespace, progress: Progress) -> int:
    show(_line(import_model(args.folder, args.name, force=args.force)))
    return 0


def _fetch(args: argparse.Namespace, progress: Progress) -> int:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    with tempfile.TemporaryDirectory() as temporary, redirect_stderr(error_stream()):  # its progress bars
        try:
            folder = snapshot_download(
                args.repository,
                revision=args.revision,
                local_dir=temporary,
                allow_patterns=["config.json", "*.safetensors"],
            )
        except (HfHubHTTPError, OSError, ValueError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ModelError(f"{args.repository} can't be fetched from the hub: {reason}") from error
        show(_line(import_model(Path(folder), args.name or Path(args.repository).name, force=args.force)))
    return 0
