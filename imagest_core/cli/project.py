"""``imagest project``: inspect, probe, export, verify and rescue project files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from imagest_core.cli.parsing import (
    add_reading_options,
    add_within_option,
    selected,
    whole,
    within_files,
    within_notes,
)
from imagest_core.printable import show, show_json
from imagest_core.progress import Progress

VERIFY = """Check the project, then every sample of an exported TIFF against it. Prints one line of JSON. Exit
code 0: verified. 1: something differs, and one sentence names it. 2: it could not be checked, because there
is no export, a file is missing or can't be read, or the scan has changed."""


def add_commands(subparsers: Any) -> None:
    """Add ``project`` and its actions."""
    parser = subparsers.add_parser("project", help="inspect, probe, export, verify and rescue project files")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")
    _add_info(actions)
    _add_probe(actions)
    _add_picture(actions)
    _add_mask(actions)
    export, verify, rescue = _add_export(actions), _add_verify(actions), _add_rescue(actions)
    for action in (export, verify):
        action.add_argument(
            "--accept-rewritten",
            action="store_true",
            help="accept a scan that another program rewrote without changing a sample",
        )
    for action in (export, verify, rescue):
        action.add_argument(
            "--assume-srgb",
            action="store_true",
            help="assume sRGB if the scan's colour profile can't be used",
        )


def _add_info(actions: Any) -> None:
    info = _add(actions, "info", _info, "print a project's contents and its damage by class")
    info.add_argument("--json", action="store_true", help="print one line of JSON")
    info.add_argument("--csv", type=Path, metavar="FILE", help="also write the damage statistics to FILE")
    info.add_argument("--regions", type=Path, metavar="FILE", help="also write a list of all regions to FILE")
    info.add_argument("--force", action="store_true", help="replace FILE if it exists")
    add_within_option(info, "the damage statistics")


def _add_probe(actions: Any) -> None:
    probe = _add(actions, "probe", _probe, "print where a pixel of the restored picture comes from")
    probe.add_argument("x", type=int, metavar="X", help="column of the pixel, counted from 0")
    probe.add_argument("y", type=int, metavar="Y", help="row of the pixel, counted from 0")
    probe.add_argument("--json", action="store_true", help="print one line of JSON")


def _add_export(actions: Any) -> argparse.ArgumentParser:
    export = _add(actions, "export", _export, "write the scan with all accepted fills to a verified TIFF")
    export.add_argument("-o", "--out", type=Path, required=True, metavar="OUT", help="the TIFF to write")
    export.add_argument("--force", action="store_true", help="replace OUT and the record if they exist")
    export.add_argument(
        "--compression",
        choices=("none", "lzw", "deflate", "zstd"),
        help="lossless compression (default: the scan's)",
    )
    export.add_argument(
        "--depth", type=int, choices=(8, 16), help="bits per sample; no sample stays identical to the scan"
    )
    export.add_argument(
        "--srgb", action="store_true", help="convert colours to sRGB; no sample stays identical to the scan"
    )
    export.add_argument(
        "--record", type=Path, metavar="FILE.json", help="write a record of the restoration and its decisions"
    )
    return export


def _add_verify(actions: Any) -> argparse.ArgumentParser:
    verify = _add(actions, "verify", _verify, "check every sample of an exported TIFF against the project")
    verify.description = VERIFY
    verify.add_argument(
        "exported",
        type=Path,
        metavar="EXPORTED",
        nargs="?",
        help="the file to verify (default: the last export)",
    )
    return verify


def _add_mask(actions: Any) -> None:
    mask = _add(actions, "mask", _mask, "import a mask image into damage classes of a project")
    mask.add_argument("mask", type=Path, metavar="MASK", help="a mask, or an image with one colour a class")
    mask.add_argument(
        "--class",
        dest="classes",
        action="append",
        default=[],
        metavar="[VALUE=]CLASS",
        help="the class of the damage, or of the part with this index, grey value or #rrggbb; an unknown "
        "class is added (default: loss, or the class of the same colour or label)",
    )
    mask.add_argument("--overwrite", action="store_true", help="replace other classes where they overlap")


def _add_rescue(actions: Any) -> argparse.ArgumentParser:
    rescue = _add(
        actions, "rescue", _rescue, "recover the readable parts of a damaged project into a new one"
    )
    rescue.add_argument(
        "-o", "--out", type=Path, metavar="NEW", help="the new project (default: PROJECT-rescued.imagest)"
    )
    rescue.add_argument("--painting", type=Path, metavar="SCAN", help="the scan, if its name is lost")
    rescue.add_argument("--force", action="store_true", help="replace NEW if it exists")
    return rescue


def _add_picture(actions: Any) -> None:
    from imagest_core.export.picture_spec import DEFAULT_SIDE, LARGEST_SIDE, SMALLEST_SIDE

    picture = _add(actions, "picture", _picture, "write a picture of the painting with its fills hatched")
    picture.add_argument(
        "-o", "--out", type=Path, required=True, metavar="OUT", help="the PNG or TIFF to write (8 bit, sRGB)"
    )
    picture.add_argument("--force", action="store_true", help="replace OUT if it exists")
    picture.add_argument(
        "--side",
        type=whole(SMALLEST_SIDE, LARGEST_SIDE),
        default=DEFAULT_SIDE,
        metavar="PX",
        help=f"largest length of the longer side (default: {DEFAULT_SIDE})",
    )
    picture.add_argument(
        "--result", type=whole(1), metavar="N", help="also show the fills of result N, accepted or not"
    )
    picture.add_argument("--no-hatching", action="store_true", help="show the fills without hatching")
    picture.add_argument("--no-outline", action="store_true", help="do not outline the marked damage")
    picture.add_argument(
        "--assume-srgb", action="store_true", help="assume sRGB if the scan's colour profile can't be used"
    )


def _add(actions: Any, name: str, run: Any, help: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=help)
    parser.add_argument("project", type=Path, metavar="PROJECT", help="the project file, .imagest")
    add_reading_options(parser, page=False)
    parser.set_defaults(run=run)
    return parser


def _info(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.painting.outputs import check_targets
    from imagest_core.project.damage_statistics import (
        damage_regions,
        damage_statistics,
        write_regions,
        write_statistics,
    )
    from imagest_core.project.document import Document
    from imagest_core.project.report import as_text
    from imagest_core.project.summary import summary

    tables = [path for path in (args.csv, args.regions) if path is not None]
    with Document.open_read_only(args.project) as document:
        inputs = document.files
        inputs = (*inputs, *within_files(args.within))
        check_targets(tables, force=args.force, inputs=inputs)
        state, within = document.state, selected(args.within, document.state.box)
        figures = damage_statistics(state, progress, within=within)
        regions = damage_regions(state, progress, within=within) if args.regions is not None else ()
        facts = summary(document, figures)
        if within is not None:
            facts["within"] = within.to_plain()
    if args.csv is not None:
        write_statistics(figures, args.csv, force=args.force, inputs=inputs)
    if args.regions is not None:
        write_regions(regions, args.regions, force=args.force, inputs=inputs)
    if args.json:
        show_json(facts)
    else:
        show(*as_text(facts).split("\n"), *within_notes(args.within, state.box))


def _probe(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.project.document import Document
    from imagest_core.project.probe import as_text, probe

    with Document.open_read_only(args.project) as document:
        found = probe(document, args.x, args.y)
    if args.json:
        show_json(found.to_plain())
    else:
        show(*as_text(found).split("\n"))


def _export(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.export.painting import export_notes, export_recorded
    from imagest_core.painting.tiff.form import Compression, Form
    from imagest_core.project.document import Document

    compression = Compression(args.compression) if args.compression else None
    form = Form(compression, args.depth, args.srgb)
    with Document.open(args.project) as document:
        if args.assume_srgb:
            document.assume_srgb()
        account = export_recorded(
            document,
            args.out,
            args.record,
            force=args.force,
            form=form,
            accept_rewritten=args.accept_rewritten,
            progress=progress,
        )
        notes = export_notes(document, form)
        if document.read_only:
            notes.append(f"The project doesn't store this export: {document.read_only}")
    record = {} if args.record is None else {"record": str(args.record)}
    show_json({"out": str(args.out), **record, **account.to_plain(), "notes": notes})


def _picture(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.export.marked_picture import write_marked_picture
    from imagest_core.export.painting import open_project_painting
    from imagest_core.export.picture_spec import MarkedPicture
    from imagest_core.project.document import Document

    spec = MarkedPicture(args.side, not args.no_hatching, not args.no_outline, args.result)
    with Document.open_read_only(args.project) as document:
        if args.assume_srgb:
            document.assume_srgb()
        with open_project_painting(document) as painting:
            width, height = write_marked_picture(
                painting,
                document.snapshot(),
                args.out,
                spec,
                force=args.force,
                inputs=document.files,
                progress=progress,
            )
    show_json({"out": str(args.out), "width": width, "height": height})


def _verify(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.export.painting import known_export, last_export, verify_export
    from imagest_core.export.written_record import remarks
    from imagest_core.project.document import Document
    from imagest_core.project.storage.check import check_project

    integrity = check_project(args.project, progress)
    with Document.open_read_only(args.project) as document:
        if args.assume_srgb:
            document.assume_srgb()
        exported = args.exported or last_export(document)
        account = verify_export(document, exported, progress, accept_rewritten=args.accept_rewritten)
        facts = {"verified": str(exported), "exported": known_export(document, exported)}
        notes = remarks(document, exported)
        show_json({**facts, **account.to_plain(), "log": integrity.to_plain(), "notes": notes})


def _mask(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.damage.classes import LOSS
    from imagest_core.damage.mask_parts import read_mask_parts
    from imagest_core.project.document import Document
    from imagest_core.project.mask_import import (
        import_operation,
        left_out,
        named_targets,
        proposed_targets,
    )

    with Document.open(args.project) as document:
        state = document.state
        parts = read_mask_parts(args.mask, (state.painting.width, state.painting.height))
        if args.classes:
            targets = named_targets(parts, state, args.classes)
        else:
            first = LOSS.label if LOSS.label in {item.label for item in state.damage.classes} else 0
            targets = dict(proposed_targets(parts, state, first or state.damage.classes[0].label))
        kept = left_out(parts, state.damage, targets)
        document.do(import_operation(state, parts, targets, overwrite=args.overwrite))
    imported = [
        {"value": part.value, "pixels": part.pixels, "regions": part.regions, "class": item and item.name}
        for part in parts.parts
        for item in (targets.get(part.number),)
    ]
    facts = {"project": str(args.project), "mask": str(args.mask), "parts": imported}
    show_json({**facts, "protected_left_out": kept})


def _rescue(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.painting.reader import open_painting
    from imagest_core.project.painting_reference import reference_to
    from imagest_core.project.recovery.rescue import rescue

    painting = None
    if args.painting is not None:
        with open_painting(args.painting, assume_srgb=args.assume_srgb) as scan:
            painting = reference_to(scan)
    out = args.out or args.project.parent / f"{args.project.stem}-rescued.imagest"
    salvage = rescue(args.project, out, painting=painting, force=args.force)
    show_json({"out": str(out), "rows": salvage.rows, "lost": salvage.lost})
