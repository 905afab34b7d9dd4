"""Real engines for failure tests: each opens normally and fails in its own way while it fills."""

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
"""More bytes than any computer has."""


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
    """Wait until cancelled."""
    while True:
        progress.check()
        time.sleep(0.005)


class FailingSession(ClassicalSession):
    """Calls ``failure`` when it should fill."""

    def __init__(self, failure: Callable[[Progress], None]) -> None:
        super().__init__(lambda image, mask: image, {})
        self._failure = failure

    def fill(self, views: object, progress: Progress) -> list[WindowFill]:
        self._failure(progress)
        raise AssertionError("it went well")


class FailingEngine(HarmonicEngine):
    """Opens normally."""

    failure: Callable[[Progress], None]

    def open(
        self, request: RestorationRequest, style: StylePictures | None, progress: Progress | None = None
    ) -> FailingSession:
        return FailingSession(self.failure)


class GreedyNumpy(FailingEngine):
    """Allocates too much memory with numpy."""

    name, title, failure = "greedy-numpy", "Greedy numpy", staticmethod(too_much_for_numpy)


class GreedyTorch(FailingEngine):
    """Allocates too much memory with torch on the CPU."""

    name, title, failure = "greedy-torch", "Greedy torch", staticmethod(too_much_for_torch)


class GreedyGpu(FailingEngine):
    """Raises torch's error for a full GPU memory."""

    name, title, failure = "greedy-gpu", "Greedy GPU", staticmethod(too_much_for_the_gpu)


class Faulty(FailingEngine):
    """Raises an unexpected exception."""

    name, title, failure = "faulty", "Faulty", staticmethod(a_fault)


class Endless(FailingEngine):
    """Runs until it is cancelled."""

    name, title, failure = "endless", "Endless", staticmethod(endless)


def change_byte(path: Path) -> None:
    """Change one byte of a file, but neither its size nor its modification time."""
    before, data = path.stat(), bytearray(path.read_bytes())
    data[-1] ^= 255
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


class RewritingSession(ClassicalSession):
    """Rewrites the scan during the fill."""

    def __init__(self, path: Path) -> None:
        super().__init__(lambda image, hole: image, {})
        self._path = path

    def fill(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        change_byte(self._path)
        return super().fill(views, progress)


class RewritingEngine(HarmonicEngine):
    """Fills normally while the file at ``scan`` changes."""

    name, title = "rewriting", "Rewriting"
    scan: Path

    def open(
        self, request: RestorationRequest, style: StylePictures | None, progress: Progress | None = None
    ) -> RewritingSession:
        return RewritingSession(self.scan)


ENGINES = {
    each.name: f"{__name__}:{each.__name__}"
    for each in (GreedyNumpy, GreedyTorch, GreedyGpu, Faulty, Endless, RewritingEngine)
}
"""Entries for the list of engines."""
