"""Real engines for tests of what goes wrong: each opens well, and runs into something while it fills."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from imagest_core.progress import Progress
from imagest_core.restoration.engines.base import WindowFill
from imagest_core.restoration.engines.classical import ClassicalSession, HarmonicEngine
from imagest_core.restoration.planning.window import WindowView
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.style_pictures import StylePictures

TOO_MUCH = 1 << 46
"""Bytes that no computer has."""


def too_much_for_numpy(progress: Progress) -> None:
    np.ones(TOO_MUCH, np.uint8)


def too_much_for_torch(progress: Progress) -> None:
    import torch

    torch.empty(TOO_MUCH, dtype=torch.uint8)


def too_much_for_the_gpu(progress: Progress) -> None:
    import torch

    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 80.00 GiB.")


def a_fault(progress: Progress) -> None:
    [].pop()


def endless(progress: Progress) -> None:
    """Until somebody cancels."""
    while True:
        progress.check()
        time.sleep(0.005)


class TroubledSession(ClassicalSession):
    """Runs into ``trouble`` when it is to fill."""

    def __init__(self, trouble: Callable[[Progress], None]) -> None:
        super().__init__(lambda image, mask: image, {})
        self._trouble = trouble

    def fill(self, views: object, progress: Progress) -> list[WindowFill]:
        self._trouble(progress)
        raise AssertionError("it went well")


class Troubled(HarmonicEngine):
    """Opens like any engine."""

    trouble: Callable[[Progress], None]

    def open(
        self, request: RestorationRequest, style: StylePictures | None, progress: Progress | None = None
    ) -> TroubledSession:
        return TroubledSession(self.trouble)


class GreedyNumpy(Troubled):
    """Asks numpy for too much."""

    name, title, trouble = "greedy-numpy", "Greedy numpy", staticmethod(too_much_for_numpy)


class GreedyTorch(Troubled):
    """Asks torch for too much, on the CPU."""

    name, title, trouble = "greedy-torch", "Greedy torch", staticmethod(too_much_for_torch)


class GreedyGpu(Troubled):
    """Says what torch says when a GPU's memory is full."""

    name, title, trouble = "greedy-gpu", "Greedy GPU", staticmethod(too_much_for_the_gpu)


class Faulty(Troubled):
    """Has a fault."""

    name, title, trouble = "faulty", "Faulty", staticmethod(a_fault)


class Endless(Troubled):
    """Never ends by itself."""

    name, title, trouble = "endless", "Endless", staticmethod(endless)


def saved_anew(path: Path) -> None:
    """Change one byte of a file, and neither its size nor the time of its last change."""
    before, data = path.stat(), bytearray(path.read_bytes())
    data[-1] ^= 255
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


class MeddledSession(ClassicalSession):
    """Somebody saves the scan anew while it is filled."""

    def __init__(self, path: Path) -> None:
        super().__init__(lambda image, hole: image, {})
        self._path = path

    def fill(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        saved_anew(self._path)
        return super().fill(views, progress)


class Meddling(HarmonicEngine):
    """Fills well, while the file at ``scan`` changes."""

    name, title = "meddling", "Meddling"
    scan: Path

    def open(
        self, request: RestorationRequest, style: StylePictures | None, progress: Progress | None = None
    ) -> MeddledSession:
        return MeddledSession(self.scan)


ENGINES = {
    each.name: f"{__name__}:{each.__name__}"
    for each in (GreedyNumpy, GreedyTorch, GreedyGpu, Faulty, Endless, Meddling)
}
"""As the list of engines has them."""
