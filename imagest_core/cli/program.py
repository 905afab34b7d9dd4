"""The commands and their dispatch; only the module of the given command is imported."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any, NamedTuple

from imagest_core import __version__
from imagest_core.cli import exit_codes
from imagest_core.cli.native import libraries_silenced, open_standard_streams
from imagest_core.cli.parsing import Parser
from imagest_core.printable import escape_unencodable_output

DESCRIPTION = "Restore exactly the damaged pixels of a painting's scan, and prove it."
EPILOG = "Without a command, imagest [PAINTING | PROJECT] opens the workstation."


class Command(NamedTuple):
    """``module`` has ``add_commands(subparsers)``; its parser sets ``run(args, progress)``."""

    name: str
    module: str
    help: str


COMMANDS = (
    Command("restore", "imagest_core.cli.restore", "fill the damage of a scan and write a verified TIFF"),
    Command("batch", "imagest_core.cli.batch", "restore all scans of a folder or a list"),
    Command("synthesize", "imagest_core.cli.synthesize", "make pictures from text and style"),
    Command("prompt", "imagest_core.cli.prompt", "propose longer prompts with a language model"),
    Command("info", "imagest_core.cli.info", "print a scan's properties as one line of JSON"),
    Command("mask", "imagest_core.cli.mask", "derive a damage mask from a scan"),
    Command("evaluate", "imagest_core.cli.evaluate", "measure engines on cases with a known truth"),
    Command(
        "evaluate-synthesis",
        "imagest_core.cli.evaluate_synthesis",
        "measure pictures made from prompts and style pictures",
    ),
    Command("unblind", "imagest_core.cli.unblind", "evaluate the tallies of a blind comparison"),
    Command("train", "imagest_core.cli.train", "train the Imagest network on your own pictures"),
    Command("models", "imagest_core.cli.models", "list, add, check, remove and fetch models"),
    Command("project", "imagest_core.cli.project", "inspect, export, verify and rescue project files"),
    Command("layers", "imagest_core.cli.layers", "add, list and remove registered pictures of a project"),
    Command("bench", "imagest_core.cli.bench", "measure speeds on this computer"),
    Command("licenses", "imagest_core.cli.licenses", "list the licences of third parties"),
    Command("demo", "imagest_core.cli.demo", "restore the bundled sample into ./out"),
)
NAMES = tuple(command.name for command in COMMANDS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line ``arguments`` (default: the process's own); return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    open_standard_streams()
    escape_unencodable_output()
    try:
        with libraries_silenced(not debug):
            return exit_codes.run(lambda progress: _run(given, progress), debug=debug)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0


def _run(arguments: list[str], progress: Any) -> int | None:
    args = parser(command_name(arguments)).parse_args(arguments)
    with _limits(args):
        code: int | None = args.run(args, progress)
    return code


def _limits(args: argparse.Namespace) -> AbstractContextManager[None]:
    """Return a context with the limit of ``--max-pixels``, if given."""
    if getattr(args, "max_pixels", None) is None:
        return nullcontext()
    from imagest_core.painting.formats.base import pixels_allowed

    return pixels_allowed(args.max_pixels)


def command_name(arguments: Sequence[str]) -> str:
    """Return the command in ``arguments``, or an empty string."""
    return next((argument for argument in arguments if not argument.startswith("-")), "")


def parser(loaded: str = "") -> argparse.ArgumentParser:
    """Return the program's parser, with the options of the ``loaded`` command and the names of all."""
    top = Parser(prog="imagest", description=DESCRIPTION, epilog=EPILOG)
    top.add_argument("--version", action="version", version=f"imagest {__version__}")
    subparsers = top.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    for command in COMMANDS:
        if command.name == loaded:
            import_module(command.module).add_commands(subparsers)
        else:
            subparsers.add_parser(command.name, help=command.help)
    return top
