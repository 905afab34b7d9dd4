"""Measure how long a large project takes to open and to store a gesture, and the size of its file.

A scan of 100 megapixels with 10,000 losses is restored 50 times. Usage:

    python scripts/measure_project.py [FOLDER] [--runs N]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import DamageMap, TileKey, tile_box
from imagest_core.damage.regions import Regions, find_regions
from imagest_core.painting.geometry import Box
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions, mask, results
from imagest_core.project.run import MemoryContent, Run
from imagest_core.project.run_builder import held, region_table
from imagest_core.project.run_tile import RunTile
from imagest_core.project.state import PaintingReference, State
from imagest_core.project.storage.store import Store

WIDTH, HEIGHT = 10_000, 10_000
LOSSES = 10_000
GESTURES = 200


def losses() -> DamageMap:
    """Return 10,000 irregular losses of 3 to 20 px that don't touch."""
    chance = np.random.default_rng(1)
    damage = DamageMap(WIDTH, HEIGHT)
    for number in range(LOSSES):
        x, y = number % 100 * 100 + int(chance.integers(70)), number // 100 * 100 + int(chance.integers(70))
        side = int(chance.integers(3, 21))
        rows, columns = np.mgrid[:side, :side]
        ragged = np.hypot(rows - side / 2, columns - side / 2) < side / 2 + chance.normal(
            0, 0.7, (side, side)
        )
        damage.write(Box(x, y, side, side), (ragged | (rows == side // 2)) * np.uint8(1 + number % 2))
    return damage


def runs(damage: DamageMap, count: int) -> Iterator[Run]:
    """Yield restorations of all losses, with painting-like samples: 16 bits, smooth, with grain."""
    dilated = damage.dilated(1)
    regions = find_regions(dilated)
    labels = {key: regions.labels(tile_box(key)).astype(np.uint32) for key in dilated.tiles()}
    contents = [content_of(labels, regions, seed) for seed in range(2)]
    box, table = damage.box, contents[0].region_table
    for number in range(1, count + 1):
        content = contents[number % 2]
        pixels = int(table["area"].sum())
        yield Run(number, "2026-05-01T10:00:00", "imagest", "", number, 0, len(table), pixels, box, content)


def content_of(labels: dict[TileKey, NDArray[np.uint32]], regions: Regions, seed: int) -> MemoryContent:
    clock = Stopwatch()
    tiles = {key: filled(key, labels[key], seed) for key in labels}
    clock.start()
    content = held('{"request":{"engine":"imagest"}}', region_table(tiles, regions, WIDTH), tiles)
    if seed == 0:
        clock.report("pack a run that fills all of them")
    return content


def filled(key: TileKey, labels: NDArray[np.uint32], seed: int) -> RunTile:
    chance = np.random.default_rng((seed, *key))
    rows, _ = np.nonzero(labels)
    samples = np.zeros((*labels.shape, 3), np.uint16)
    samples[labels > 0] = 20_000 + 40 * rows[:, None] + chance.normal(0, 300, (len(rows), 3))
    return RunTile(tile_box(key), samples, labels)


def content_size(document: Document) -> int:
    """Return the bytes of all content, each compressed separately as in the file."""
    sums = (
        "SELECT sum(length(labels)) FROM tiles",
        "SELECT sum(length(regions) + length(samples)) FROM run_tiles",
        "SELECT sum(length(record) + length(regions)) FROM runs",
        "SELECT sum(length(blob)) FROM operations",
    )
    rows = document.store.query("SELECT data FROM operations WHERE data IS NOT NULL")
    texts = "".join(row[0] for row in rows).encode()
    return sum(document.store.query(sql)[0][0] or 0 for sql in sums) + len(zlib.compress(texts))


class Stopwatch:
    """Prints how long each step took, in wall-clock and processor time."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self._clock, self._processor = time.perf_counter(), time.process_time()

    def elapsed(self) -> tuple[float, float]:
        return time.perf_counter() - self._clock, time.process_time() - self._processor

    def report(self, work: str) -> None:
        clock, processor = self.elapsed()
        print(f"{work:<52}{clock:9.3f} s  (processor {processor:.3f} s)", flush=True)
        self.start()


def brush_gestures(document: Document) -> None:
    """Measure strokes of a 40 px brush over 300 px."""
    chance, took, clock = np.random.default_rng(2), [], Stopwatch()
    disc = np.hypot(*np.mgrid[-20:20, -20:20]) < 20
    for _ in range(GESTURES):
        x, y = (int(value) for value in chance.integers(0, 9_600, 2))
        before = document.state.damage.copy()
        for step in range(0, 300, 10):
            mask.paint(document.state.damage, Box(x + step, y + step // 3, 40, 40), disc, 1)
        clock.start()
        document.done(before, "Paint")
        took.append(clock.elapsed())
    for name, times in zip(("on the clock", "on the processor"), zip(*took, strict=True), strict=True):
        middle, tail = statistics.median(times), statistics.quantiles(times, n=100)[98]
        print(
            f"a stored brush gesture, {name}: median {1000 * middle:.1f} ms, 99 % under {1000 * tail:.1f} ms"
        )


def measure(folder: Path, count: int) -> None:
    project = folder / "large.imagest"
    reference = PaintingReference(folder / "scan.tif", "0" * 64, WIDTH, HEIGHT, 3, 16, 0, 600_000_000, 0)
    state = State(reference, DamageMap(WIDTH, HEIGHT))
    Store.create(project, state).close()
    clock = Stopwatch()
    document = Document.open(project)
    clock.report("open an empty project of 100 megapixels")
    derived = losses()
    clock.start()
    document.do(mask.relabelled(document.state.damage, derived, "Derive mask"))
    clock.report("apply and store a derived mask of 10,000 losses")
    for run in runs(derived, count):
        clock.start()
        document.do(results.add_run(run))
        if run.id == 1:
            clock.report("store that run")
    clock.start()
    document.do(decisions.accept(document.state, document.state.runs[count], range(1, 1 + LOSSES)))
    clock.report("accept all 10,000 fills of a run")
    document.do(decisions.accept(document.state, document.state.runs[1], range(1, 1 + LOSSES // 2)))
    clock.report("accept half of them from another run")
    filled = sum(int(np.count_nonzero(tile.mask)) for tile in AcceptedFills(document.state).tiles())
    clock.report(f"compose what an export writes ({filled} px)")
    brush_gestures(document)
    clock.start()
    document.close()
    clock.report("close")
    document = Document.open(project)
    clock.report(f"open: 10,000 regions, {count} runs")
    size, content = project.stat().st_size, content_size(document)
    print(f"file {size / 1e6:.1f} MB, its content {content / 1e6:.1f} MB: {size / content:.2f} times")
    clock.start()
    document.undo()
    clock.report("undo a gesture read back from the file")
    document.back_up()
    clock.report("add a rolling backup")
    document.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--runs", type=int, default=50)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        measure(Path(folder), args.runs)


if __name__ == "__main__":
    main()
