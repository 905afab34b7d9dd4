"""What showing the window doesn't need is not imported for it."""

from __future__ import annotations

import subprocess
import sys

LATER = (
    "torch",
    "scipy",
    "skimage",
    "onnxruntime",
    "imagest_core.painting.writer",
    "imagest_core.painting.compare",
)
SHOW = """
import sys
from app.quick_start import prepare
prepare()
import app.main
print(*(name for name in {later!r} if name in sys.modules))
"""


def test_the_window_imports_neither_the_writer_nor_what_restores():
    code = SHOW.format(later=LATER)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
