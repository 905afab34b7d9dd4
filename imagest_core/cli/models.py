"""``imagest models list|info|add|check|remove|fetch|export-onnx``: manage installed models."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from imagest_core.cli import models_onnx
from imagest_core.errors import InputError
from imagest_core.extras import missing_modules
from imagest_core.messages import Message
from imagest_core.models.few_steps import FewSteps, few_steps_of
from imagest_core.models.identity import ModelKind
from imagest_core.models.installed import InstalledModel, find_installed, installed_models
from imagest_core.models.library import add_downloaded, add_model, check_model, new_folder, remove_model
from imagest_core.models.requirements import memory_note
from imagest_core.printable import padded, print_error, printable, show, show_json, size_text
from imagest_core.progress import Progress


def add_commands(subparsers: Any) -> None:
    """Add ``models`` with its parts to the program's subparsers."""
    models = subparsers.add_parser("models", help="list, add, check, remove and fetch models")
    parts = models.add_subparsers(
        dest="part", required=True, metavar="list|info|add|check|remove|fetch|export-onnx"
    )
    list_ = parts.add_parser("list", help="list the installed models")
    list_.add_argument("--json", action="store_true", help="one line of JSON for each model")
    list_.set_defaults(run=_list)
    info = parts.add_parser("info", help="print what a model is as JSON")
    info.add_argument(
        "model", nargs="?", default="", help="name, folder or file (default: the embedded model)"
    )
    info.add_argument("--json", action="store_true", help="accepted for symmetry; the output is JSON anyway")
    info.set_defaults(run=_info)
    for command, text in (("add", "add a folder or .safetensors file"), ("import", "the same as add")):
        _add_options(parts.add_parser(command, help=text)).set_defaults(run=_add)
    check = parts.add_parser("check", help="compare the files of models with their hashes")
    check.add_argument("models", nargs="*", help="names (default: all)")
    check.set_defaults(run=_check)
    remove = parts.add_parser("remove", help="remove a model; files that are used in place stay")
    remove.add_argument("model", help="name of an installed model")
    _confirming(remove).set_defaults(run=_remove)
    fetch = parts.add_parser("fetch", help="download a model from a hub; nothing else uses the network")
    fetch.add_argument("repository", help="OWNER/NAME on the hub")
    fetch.add_argument("--revision", default="", help="a branch, tag or commit")
    fetch.add_argument("--file", default="", metavar="PATH", help="one file or folder of the repository")
    _confirming(_naming(_declaring(fetch))).set_defaults(run=_fetch)
    models_onnx.add_command(parts)


def _add_options(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("path", type=Path, metavar="PATH", help="a model's folder or .safetensors file")
    parser.add_argument(
        "--in-place", action="store_true", help="use the files where they are, without a copy"
    )
    parser.add_argument(
        "--prediction", choices=("epsilon", "v"), help="what a single Stable Diffusion 2 file predicts"
    )
    return _naming(_declaring(parser))


def _declaring(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument(
        "--few-steps",
        default="",
        choices=(*FewSteps, "none"),
        metavar="KIND",
        help=f"what a LoRA for few sampling steps is: {', '.join(FewSteps)}; none for an ordinary one"
        " (default: what its metadata say)",
    )
    return parser


def _naming(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--name", default="", help="name of the installed model")
    parser.add_argument("--force", action="store_true", help="replace a model of the same name")
    return parser


def _confirming(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--yes", action="store_true", help="don't ask")
    return parser


def abilities(model: InstalledModel) -> str:
    """Return what a model can do: "inpaint, text, style"."""
    identity = model.identity
    names = ["inpaint"] if identity.inpainting else []
    names += [str(each) for each in ("text", "style", "adapters") if each in identity.capabilities]
    names += [f"few steps ({kind})"] if (kind := few_steps_of(identity)) else []
    return ", ".join(names) or "-"


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _line(model: InstalledModel) -> str:
    identity = model.identity
    place = "missing" if model.missing else "in place" if model.in_place else ""
    fields = [
        padded(model.name, 24),
        f"{identity.kind:<17}",
        f"{identity.family:<8}",
        f"{size_text(model.size):>9}",
        f"{abilities(model):<24}",
        padded(_short(model.licence or "licence unknown", 22), 22),
        model.title,
    ]
    return "  ".join(fields) + (f"  [{place}]" if place else "")


def facts(model: InstalledModel) -> dict[str, Any]:
    """Return what is known of a model, for JSON."""
    stored: dict[str, Any] = {
        "name": model.name,
        "title": model.title,
        "licence": model.licence,
        "size": model.size,
        "path": str(model.path),
        "in_place": model.in_place,
        "missing": model.missing,
        "origin": model.origin,
        "sha256": dict(model.sha256),
        **model.identity.to_json(),
        "inpainting": model.identity.inpainting,
    }
    if model.identity.kind is ModelKind.IMAGEST:
        description = model.description
        stored |= {**asdict(description), "weights_hash": description.weights_hash, "folder": str(model.path)}
    return stored


def _list(args: argparse.Namespace, progress: Progress) -> int:
    broken: list[str] = []
    for model in installed_models(broken):
        if args.json:
            show_json(facts(model), sort_keys=True)
        else:
            show(_line(model))
    for sentence in broken:
        if args.json:
            print_error(sentence)
        else:
            show(f"note: {sentence}")
    return 0


def _info(args: argparse.Namespace, progress: Progress) -> int:
    model = find_installed(args.model)
    if model.identity.kind is ModelKind.IMAGEST:
        check_model(model, progress)
    show_json(facts(model), indent=1, sort_keys=True)
    return 0


def _add(args: argparse.Namespace, progress: Progress) -> int:
    prediction = {"epsilon": "epsilon", "v": "v_prediction"}.get(args.prediction or "", "")
    model = add_model(
        args.path,
        args.name,
        in_place=args.in_place,
        progress=progress.part(0.0, 1.0, "hashing" if args.in_place else "copying"),
        prediction=prediction,
        few_steps=args.few_steps,
        force=args.force,
    )
    if args.part == "import":
        show("note: import is now called add")
    _show_added(model)
    return 0


def _show_added(model: InstalledModel) -> None:
    """Print an added model, and what this machine lacks to use it."""
    show(_line(model))
    if note := memory_note(model):
        show(f"note: {note}")
    if model.identity.kind is ModelKind.PIPELINE and (missing := missing_modules("diffusion")):
        names = ", ".join(missing)
        show(f"note: using it needs {names}: pip install 'imagest-workstation[diffusion]'")


def _check(args: argparse.Namespace, progress: Progress) -> int:
    broken: list[str] = []
    models = [find_installed(name) for name in args.models] or installed_models(broken)
    for number, model in enumerate(models):
        part = progress.part(number / len(models), (number + 1) / len(models), "checking")
        try:
            check_model(model, part)
            show(f"{padded(model.name, 24)}  intact")
        except InputError as error:
            broken.append(error.message)
    for sentence in broken:
        print_error(sentence)
    return 2 if broken else 0


def _remove(args: argparse.Namespace, progress: Progress) -> int:
    if not _agreed(args, f"Remove the model {printable(args.model)}?"):
        return 0
    remove_model(args.model)
    show(f"{args.model}: removed")
    return 0


def _fetch(args: argparse.Namespace, progress: Progress) -> int:
    from imagest_core.models.hub import adding, download, look_up

    name = args.name or Path(args.file or args.repository).stem
    new_folder(name, force=args.force)
    model = look_up(args.repository, args.revision, args.file)
    for file in model.files:
        show(f"{size_text(file.size):>9}  {file.name}")
    show(f"{size_text(model.size):>9}  in {len(model.files)} files of {model.page} at {model.commit[:12]}")
    link = f" ({model.licence_link})" if model.licence_link else ""
    show(f"licence: {model.licence or 'not stated; see its page'}{link}")
    if not _agreed(args, "Download it?"):
        return 0
    folder = download(model, progress)
    origin = f"{model.repository}@{model.commit}"
    with adding(model, folder):
        added = add_downloaded(
            folder / args.file,
            name,
            origin=origin,
            licence=model.licence,
            progress=progress.part(0.0, 1.0, "checking"),
            few_steps=args.few_steps,
            force=args.force,
        )
    _show_added(added)
    return 0


def _agreed(args: argparse.Namespace, question: str) -> bool:
    """Ask a question unless ``--yes`` is given; raises :class:`InputError` if nobody can answer."""
    if args.yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise InputError(Message("This asks before it goes on: add --yes, or run it in a terminal."))
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:
        answer = ""
    return answer.strip().lower() in ("y", "yes")
