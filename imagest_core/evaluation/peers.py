"""Fills by other programs, for comparison: G'MIC's patch-based inpainting, run as a process of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from imagest_core.errors import InputError
from imagest_core.evaluation.cases import Case, eight_bit
from imagest_core.evaluation.filling import Filled
from imagest_core.evaluation.methods import GMIC
from imagest_core.painting.reader import open_painting

TIMEOUT = 600
"""Seconds after which the program is taken to hang."""


def check_installed() -> str:
    """Return the path of G'MIC; raises ``InputError`` where it is missing."""
    program = shutil.which(GMIC)
    if program is None:
        raise InputError("G'MIC is not installed: install gmic, or leave this method out.")
    return program


def fill_by_gmic(case: Case) -> Filled:
    """Fill ``case`` with ``inpaint_matchpatch`` and its defaults; the time is that of the whole process.

    Raises ``InputError`` where G'MIC is missing or fails.
    """
    program = check_installed()
    with tempfile.TemporaryDirectory(prefix="imagest-") as folder:
        out = Path(folder) / "fill.png"
        commands = ["inpaint_matchpatch[0]", "[1]", "keep[0]", "output", str(out)]
        started = time.perf_counter()
        try:
            subprocess.run(
                [program, str(case.damaged), str(case.mask), *commands],
                capture_output=True,
                check=True,
                timeout=TIMEOUT,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise InputError(f"G'MIC could not fill the case {case.name}: {error}.") from error
        seconds = time.perf_counter() - started
        with open_painting(out) as painting:
            return Filled(eight_bit(painting.read_working()), seconds)
