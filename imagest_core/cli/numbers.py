"""Numbers on the command line: finite, in their range, and refused in one sentence."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

MOST = 2**63 - 1
"""The largest whole number that is taken."""
LONGEST_NUMBER, LONGEST_SHOWN = 40, 60
"""Characters of a number that is parsed, and of a wrong word that a refusal repeats."""


def whole(low: int, high: int = MOST) -> Callable[[str], int]:
    """The type of a whole number from ``low`` to ``high``."""

    def parse(text: str) -> int:
        wanted = (
            f"a whole number from {low:,} on" if high == MOST else f"a whole number from {low} to {high:,}"
        )
        try:
            value = int(text) if len(text) <= LONGEST_NUMBER else MOST + 1
        except ValueError:
            value = MOST + 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{wanted} is wanted, not {shown(text)}")
        return value

    return parse


count = whole(0)
"""The type of a whole number, 0 or more."""


def number(low: float, high: float) -> Callable[[str], float]:
    """The type of a finite number from ``low`` to ``high``."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and low <= value <= high):
            raise argparse.ArgumentTypeError(
                f"a number from {low:g} to {high:g} is wanted, not {shown(text)}"
            )
        return value

    return parse


def shown(text: str) -> str:
    """What was given, in quotes, cut where it is long."""
    return f"'{text[:LONGEST_SHOWN]}…'" if len(text) > LONGEST_SHOWN else f"'{text}'"


def add_reading_options(parser: argparse.ArgumentParser, *, page: bool = True) -> None:
    """Add how a scan is read: which page, and how large it may be."""
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
