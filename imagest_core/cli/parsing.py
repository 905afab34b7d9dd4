"""Argument parsing that answers mistakes with one sentence."""

from __future__ import annotations

import argparse
import sys
from enum import StrEnum
from string import hexdigits
from typing import Any, NoReturn

from imagest_core.cli.numbers import MOST, count, shown
from imagest_core.painting.geometry import Box
from imagest_core.printable import error_stream, printable

__all__ = ["Parser", "box", "colour", "count", "words"]


class Parser(argparse.ArgumentParser):
    """A parser without abbreviations, whose errors are one sentence, and that knows ``--debug``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})
        self.add_argument(
            "--debug",
            action="store_true",
            default=argparse.SUPPRESS,
            help="show the traceback when something fails",
        )

    def error(self, message: str) -> NoReturn:
        """Leave with exit code 2 and one sentence."""
        self.exit(2, f"imagest: {printable(message.rstrip('.'))} (see '{self.prog} --help').\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse what is none of the choices, naming them as they are typed."""
        if action.choices is not None and value not in action.choices:
            known = ", ".join(str(choice) for choice in action.choices)
            raise argparse.ArgumentError(action, f"invalid choice: {shown(str(value))} (choose from {known})")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Leave with ``status``, saying ``message`` on stderr."""
        if message:
            error_stream().write(message)
        sys.exit(status)


def box(text: str) -> Box:
    """``X,Y,W,H`` in pixels as displayed, at least one pixel wide and high."""
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"a region is X,Y,W,H in whole pixels, not {shown(text)}") from None
    if x < 0 or y < 0 or width < 1 or height < 1 or max(x, y, width, height) > MOST:
        raise argparse.ArgumentTypeError(
            f"a region lies inside the picture and isn't empty, unlike {shown(text)}"
        )
    return Box(x, y, width, height)


def words(kind: type[StrEnum]) -> list[str]:
    """The values of an enumeration, as choices that read well in a refusal."""
    return [member.value for member in kind]


def colour(text: str) -> tuple[float, float, float]:
    """``#RRGGBB`` as sRGB in 0–1."""
    digits = text.removeprefix("#")
    if len(digits) != 6 or not all(digit in hexdigits for digit in digits):
        raise argparse.ArgumentTypeError(f"a colour is #RRGGBB, not {shown(text)}")
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def add_colour_option(parser: argparse.ArgumentParser) -> None:
    """Add the user's word on scans whose colour profile can't be used."""
    parser.add_argument(
        "--assume-srgb",
        action="store_true",
        help="take samples as sRGB where the colour profile can't be used",
    )
