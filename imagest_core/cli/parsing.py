"""Argument parsing with one-sentence errors, and the types of arguments."""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from string import hexdigits
from typing import TYPE_CHECKING, Any, NoReturn

from imagest_core.errors import InputError
from imagest_core.painting.geometry import Box
from imagest_core.printable import error_stream, printable

if TYPE_CHECKING:
    from imagest_core.damage.selection import Selection

MOST = 2**63 - 1
"""The largest accepted whole number."""
LONGEST_NUMBER, LONGEST_SHOWN = 40, 60
"""Maximum characters of a number that is parsed, and of a wrong argument in an error message."""
MAY_BE_EMPTY = frozenset(
    {"artist", "caption", "licence", "negative_prompt", "operator", "prompt", "template", "title"}
)
"""Arguments for which an empty text has a meaning."""


class Parser(argparse.ArgumentParser):
    """A parser without abbreviations, with one-sentence errors and ``--debug``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})
        self.add_argument(
            "--debug",
            action="store_true",
            default=argparse.SUPPRESS,
            help="show the traceback when something fails",
        )

    def error(self, message: str) -> NoReturn:
        """Exit with code 2 and one sentence."""
        self.exit(2, f"imagest: {printable(message.rstrip('.'))} (see '{self.prog} --help').\n")

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """Return the parsed values; an empty text, such as an unset shell variable, is refused."""
        own = arg_strings[:1] if action.nargs == argparse.PARSER else arg_strings
        if "" in own and action.dest not in MAY_BE_EMPTY:
            raise argparse.ArgumentError(action, "expected a value, but it is empty; check its variable")
        if action.option_strings and arg_strings == ["--"]:  # argparse drops it from --option=--
            raise argparse.ArgumentError(action, "expected a value, not '--'")
        return super()._get_values(action, arg_strings)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise ``ArgumentError`` for an invalid choice, with the choices as typed."""
        if action.choices is not None and value not in action.choices:
            known = ", ".join(str(choice) for choice in action.choices)
            raise argparse.ArgumentError(action, f"invalid choice: {shown(str(value))} (choose from {known})")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Exit with ``status`` after writing ``message`` to stderr."""
        if message:
            error_stream().write(message)
        sys.exit(status)


def box(text: str) -> Box:
    """Parse ``X,Y,W,H`` in pixels as displayed, at least one pixel wide and high."""
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"a region is X,Y,W,H in whole pixels, not {shown(text)}") from None
    if x < 0 or y < 0 or width < 1 or height < 1 or max(x, y, width, height) > MOST:
        raise argparse.ArgumentTypeError(
            f"a region must lie inside the picture and not be empty, unlike {shown(text)}"
        )
    return Box(x, y, width, height)


def colour(text: str) -> tuple[float, float, float]:
    """Parse ``#RRGGBB`` as sRGB in 0–1."""
    digits = text.removeprefix("#")
    if len(digits) != 6 or not all(digit in hexdigits for digit in digits):
        raise argparse.ArgumentTypeError(f"a colour is #RRGGBB, not {shown(text)}")
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def add_colour_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--assume-srgb`` for scans whose colour profile can't be used."""
    parser.add_argument(
        "--assume-srgb",
        action="store_true",
        help="assume sRGB if the colour profile can't be used",
    )


def whole(low: int, high: int = MOST) -> Callable[[str], int]:
    """Return the type of a whole number from ``low`` to ``high``."""

    def parse(text: str) -> int:
        expected = (
            f"a whole number from {low:,} on" if high == MOST else f"a whole number from {low} to {high:,}"
        )
        try:
            value = int(text) if len(text) <= LONGEST_NUMBER else MOST + 1
        except ValueError:
            value = MOST + 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"expected {expected}, not {shown(text)}")
        return value

    return parse


def positive(high: float) -> Callable[[str], float]:
    """Return the type of a number above 0 up to ``high``."""

    def parse(text: str) -> float:
        try:
            value = number(0, high)(text)
        except argparse.ArgumentTypeError:
            value = 0.0
        if not value:
            raise argparse.ArgumentTypeError(f"expected a number above 0 up to {high:g}, not {shown(text)}")
        return value

    return parse


count = whole(0)
"""The type of a whole number, 0 or more."""


def number(low: float, high: float) -> Callable[[str], float]:
    """Return the type of a finite number from ``low`` to ``high``."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and low <= value <= high):
            raise argparse.ArgumentTypeError(f"expected a number from {low:g} to {high:g}, not {shown(text)}")
        return value

    return parse


def picture_size(low: int, high: int, multiple: int) -> Callable[[str], tuple[int, int]]:
    """Return the type of ``WIDTHxHEIGHT``, each a multiple of ``multiple`` from ``low`` to ``high``."""

    def parse(text: str) -> tuple[int, int]:
        match = re.fullmatch(r"([0-9]{1,9})[x×]([0-9]{1,9})", text)
        sides = tuple(map(int, match.groups())) if match is not None else (0, 0)
        if any(not low <= side <= high or side % multiple for side in sides):
            raise argparse.ArgumentTypeError(
                f"expected WIDTHxHEIGHT such as 768x512, each a multiple of {multiple} from {low} to "
                f"{high:,} px, not {shown(text)}"
            )
        return sides[0], sides[1]

    return parse


def rim_limit(text: str) -> int:
    """Parse ``auto``, ``off`` (0) or a number of pixels."""
    from imagest_core.damage.rim import AUTO_LIMIT, MAX_LIMIT

    named = {"auto": AUTO_LIMIT, "off": 0}
    if text in named:
        return named[text]
    try:
        return whole(1, MAX_LIMIT)(text)
    except argparse.ArgumentTypeError:
        expected = f"auto, off or a number of pixels from 1 to {MAX_LIMIT}"
        raise argparse.ArgumentTypeError(f"expected {expected}, not {shown(text)}") from None


def add_within_option(parser: argparse.ArgumentParser, what: str) -> None:
    """Add ``--within``; ``what`` it limits is named in the help."""
    parser.add_argument(
        "--within",
        action="append",
        default=[],
        metavar="X,Y,W,H|MASK",
        help=f"limit {what} to a rectangle, or to the white pixels of a mask; repeatable",
    )


def selected(texts: Sequence[str], picture: Box) -> Selection | None:
    """Return the selection that the values of ``--within`` describe; None if there are none.

    Raises ``MaskError``.
    """
    from imagest_core.damage.mask_io import read_mask
    from imagest_core.damage.selection import Selection, united
    from imagest_core.errors import MaskError

    parts = []
    for text in texts:
        if (rectangle := selected_box(text)) is not None:
            parts.append(Selection.of_box(rectangle, picture))
            continue
        mask = read_mask(Path(text), (picture.width, picture.height))
        if mask.empty:
            raise MaskError(f"{text} selects nothing: paint the part to select white.")
        parts.append(Selection.of_mask(mask))
    return united(parts)


def selected_box(text: str) -> Box | None:
    """Return a value of ``--within`` as a rectangle; None if it names a file."""
    if re.fullmatch(r"[\d\s,+-]+", text) is None:
        if "," in text and not os.path.exists(text):
            raise InputError(
                f"--within: X,Y,W,H are whole numbers, unlike {shown(text)}, and there is no such mask."
            )
        return None
    try:
        return box(text)
    except argparse.ArgumentTypeError as error:
        raise InputError(f"--within: {error}.") from None


def within_notes(texts: Sequence[str], picture: Box) -> list[str]:
    """Return a note for each rectangle of ``--within`` that extends beyond the picture."""
    boxes = [rectangle for text in texts if (rectangle := selected_box(text)) is not None]
    return [
        f"note: the selection {','.join(map(str, each))} extends beyond the picture and was cut to "
        f"{','.join(map(str, each.within(picture)))}."
        for each in boxes
        if each.within(picture) != each
    ]


def within_files(texts: Sequence[str]) -> list[Path]:
    """Return the files that the values of ``--within`` name."""
    return [Path(text) for text in texts if selected_box(text) is None]


def add_rim_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--rim``."""
    parser.add_argument(
        "--rim",
        type=rim_limit,
        default=0,
        metavar="auto|off|PX",
        help="grow the mask where its rim still shows ground, shadow or a raised edge, by at most PX "
        "pixels (auto: 8; default off)",
    )


def shown(text: str) -> str:
    """Quote an argument for an error message, shortened if it is long."""
    return f"'{text[:LONGEST_SHOWN]}…'" if len(text) > LONGEST_SHOWN else f"'{text}'"


def add_reading_options(parser: argparse.ArgumentParser, *, page: bool = True) -> None:
    """Add ``--page`` and ``--max-pixels``."""
    if page:
        parser.add_argument(
            "--page", type=count, default=0, metavar="N", help="page of a multi-page file, from 0 (default 0)"
        )
    parser.add_argument(
        "--max-pixels",
        type=whole(1),
        metavar="N",
        help="open pictures of up to N pixels (default 2,000,000,000)",
    )
