"""Argument parsing that answers mistakes with one sentence."""

from __future__ import annotations

import argparse
import sys
from string import hexdigits
from typing import Any, NoReturn

from imagest_core.painting.geometry import Box


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
        self.exit(2, f"imagest: {message.rstrip('.')} (see '{self.prog} --help').\n")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Leave with ``status``, saying ``message`` on stderr."""
        if message:
            sys.stderr.write(message)
        sys.exit(status)


def box(text: str) -> Box:
    """``X,Y,W,H`` in pixels as displayed, at least one pixel wide and high."""
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"a region is X,Y,W,H in whole pixels, not {text!r}") from None
    if x < 0 or y < 0 or width < 1 or height < 1:
        raise argparse.ArgumentTypeError(f"a region lies inside the picture and isn't empty, unlike {text!r}")
    return Box(x, y, width, height)


def count(text: str) -> int:
    """A whole number, 0 or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number from 0 on is wanted, not {text!r}")
    return int(text)


def colour(text: str) -> tuple[float, float, float]:
    """``#RRGGBB`` as sRGB in 0–1."""
    digits = text.removeprefix("#")
    if len(digits) != 6 or not all(digit in hexdigits for digit in digits):
        raise argparse.ArgumentTypeError(f"a colour is #RRGGBB, not {text!r}")
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def add_colour_option(parser: argparse.ArgumentParser) -> None:
    """Add the user's word on scans whose colour profile can't be used."""
    parser.add_argument(
        "--assume-srgb",
        action="store_true",
        help="take samples as sRGB where the colour profile can't be used",
    )
