"""``imagest licenses``: the licences of the packages of third parties."""

from __future__ import annotations

import argparse
from typing import Any

from imagest_core.printable import show, show_json
from imagest_core.progress import Progress


def add_commands(subparsers: Any) -> None:
    """Add ``licenses``."""
    parser = subparsers.add_parser(
        "licenses",
        help="list the licences of third parties",
        description="List the packages that the program uses, with their versions and licences.",
    )
    parser.add_argument(
        "package", nargs="?", metavar="PACKAGE", help="print the licence text of this package"
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON, without the texts")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, progress: Progress) -> None:
    from imagest_core.licenses import find_package, third_party

    packages = [find_package(args.package)] if args.package else list(third_party())
    if args.json:
        names = ("name", "license", "page", "installed")
        show_json([{name: getattr(package, name) for name in names} for package in packages])
    elif args.package:
        show(*packages[0].text().splitlines())
    else:
        width = max(len(package.name) for package in packages)
        for package in packages:
            show(f"{package.name:{width}}  {package.installed or 'not installed':14}  {package.license}")
