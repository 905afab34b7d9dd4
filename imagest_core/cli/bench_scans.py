"""``imagest bench``: the overhead of restoring a large scan, without the filling.

The scan is synthetic and repeats a few strips or tiles. The overhead is compared with decoding and copying
the scan; each is measured in its own process, after all imports.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.progress import Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from imagest_core.damage.map import DamageMap

WIDTH, HEIGHT = 10240, 9984
"""Pixels of the scans: 102 megapixels."""

MAX_TIME = 1.5
"""Maximum time without the filling, in multiples of decoding and copying the scan."""
MAX_MEMORY, MAX_PIXEL_MEMORY = 200e6, 100
"""Maximum memory of a restoration above that of an idle process, and per filled pixel, in bytes."""

DISTINCT = 48
TILE, STRIP = 256, 16
LOSSES = 20
ENGINE = "harmonic"


@dataclass(frozen=True)
class ScanKind:
    """How a scan is stored; ``compression`` is tifffile's name, None for uncompressed samples."""

    name: str
    tiled: bool
    depth: int
    compression: str | None


KINDS = (
    ScanKind("16-bit Deflate tiles", True, 16, "zlib"),
    ScanKind("8-bit LZW strips", False, 8, "lzw"),
    ScanKind("16-bit uncompressed tiles", True, 16, None),
    ScanKind("16-bit uncompressed strips", False, 16, None),
    ScanKind("8-bit uncompressed tiles", True, 8, None),
    ScanKind("8-bit uncompressed strips", False, 8, None),
)


@dataclass(frozen=True)
class Overhead:
    """Seconds of decoding and copying; seconds, memory and filled pixels of a restoration."""

    kind: ScanKind
    megapixels: float
    plain: float
    restoring: float
    memory: int
    filled: int

    def lines(self) -> list[str]:
        """Return a table with the targets."""
        allowed = MAX_MEMORY + MAX_PIXEL_MEMORY * self.filled
        ratio = self.restoring / self.plain
        return [
            f"restoring a scan of {self.megapixels:.0f} megapixels in {self.kind.name}, without the filling",
            f"  {'decoding and copying it':<26}{self.plain:10.4f} s{1:10.2f} ×",
            f"  {'all but the filling':<26}{self.restoring:10.4f} s{ratio:10.2f} ×"
            f"  (target: at most {MAX_TIME:.2f} ×)",
            f"  {'memory above idle':<26}{self.memory / 1e6:10.0f} MB"
            f"  (target: at most {allowed / 1e6:.0f} MB for {self.filled:,} filled pixels)",
        ]


def measure_scan(
    kind: ScanKind, repeats: int, progress: Progress, width: int = WIDTH, height: int = HEIGHT
) -> Overhead:
    """Create a scan of ``kind`` and measure both tasks ``repeats`` times; the fastest run counts."""
    from imagest_core.damage.mask_io import write_mask

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_scan(folder / "scan.tif", kind, width, height)
        write_mask(_losses(width, height), folder / "mask.tif")
        plain, restored = [], []
        for _ in range(repeats):
            progress.check()
            plain.append(_measured("decode", folder))
            progress.check()
            restored.append(_measured("restore", folder))
    return Overhead(
        kind,
        width * height / 1e6,
        min(run["seconds"] for run in plain),
        min(run["seconds"] for run in restored),
        int(max(run["memory"] for run in restored)),
        int(restored[0]["filled"]),
    )


def make_scan(path: Path, kind: ScanKind, width: int, height: int) -> None:
    """Write a scan that repeats a few strips or tiles, each encoded once."""
    import tifffile

    rows, columns = (TILE, TILE) if kind.tiled else (STRIP, width)
    across, down = -(-width // columns), -(-height // rows)
    encoded = [_encoded(index, rows, columns, kind) for index in range(min(DISTINCT, across * down))]
    options: dict[str, Any] = {"tile": (TILE, TILE)} if kind.tiled else {"rowsperstrip": STRIP}
    last = height - (down - 1) * rows
    segments = list(islice(cycle(encoded), across * down))
    if not kind.tiled and last < rows:
        segments[-1] = _encoded(0, last, columns, kind)
    tifffile.imwrite(
        path,
        iter(segments),
        shape=(height, width, 3),
        dtype=f"u{kind.depth // 8}",
        photometric="rgb",
        compression=kind.compression,
        predictor=kind.compression is not None,
        metadata=None,
        **options,
    )


def _encoded(seed: int, rows: int, columns: int, kind: ScanKind) -> bytes:
    """Encode a strip or tile of slow waves with a little grain."""
    import numpy as np

    from imagest_core.painting.tiff.codec import DEFLATE, DIFFERENCES, LZW, SegmentCodec

    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :columns]
    waves = [np.sin(x / (20 + seed + c)) + np.cos(y / (30 + seed)) for c in range(3)]
    shares = 0.5 + 0.2 * np.stack(waves, -1) + rng.normal(0, 0.01, (rows, columns, 3))
    samples: NDArray[Any] = (np.clip(shares, 0, 1) * (2**kind.depth - 1)).astype(f"u{kind.depth // 8}")
    if kind.compression is None:
        return samples.astype(samples.dtype.newbyteorder("<")).tobytes()
    return SegmentCodec(DEFLATE if kind.compression == "zlib" else LZW, DIFFERENCES, "<").encode(samples)


def _losses(width: int, height: int) -> DamageMap:
    """Return some small losses at random positions."""
    import numpy as np

    from imagest_core.damage.map import DamageMap
    from imagest_core.painting.geometry import Box

    damage, rng = DamageMap(width, height), np.random.default_rng(1)
    for _ in range(LOSSES):
        x, y = int(rng.integers(0, width - 80)), int(rng.integers(0, height - 60))
        damage.write(Box(x, y, 80, 60), np.ones((60, 80), np.uint8))
    return damage


def _measured(task: str, folder: Path) -> dict[str, float]:
    """Measure ``task`` in a new process, writing a new file."""
    for written in ("copy.tif", "out.tif"):
        (folder / written).unlink(missing_ok=True)
    command = [sys.executable, "-m", "imagest_core.cli.bench_scans", task, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    measurements: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measurements


# Functions of the measuring process


def _decode(folder: Path, warm: bool) -> dict[str, float]:
    """Decode the whole scan and copy its file."""
    from imagest_core.painting.geometry import Box
    from imagest_core.painting.reader import open_painting

    started = time.perf_counter()
    with open_painting(folder / "scan.tif") as painting:
        for y in range(0, painting.height, TILE):
            painting.read(Box(0, y, painting.width, TILE).within(painting.box))
    copy = folder / "copy.tif"
    shutil.copyfile(folder / "scan.tif", copy)
    with open(copy, "rb+") as file:
        os.fsync(file.fileno())
    return {"seconds": time.perf_counter() - started}


def _restore(folder: Path, warm: bool) -> dict[str, float]:
    """Restore the scan and measure the time without the filling."""
    from imagest_core.damage.mask_io import check_mask_usable, read_mask
    from imagest_core.painting.reader import open_painting
    from imagest_core.painting.writer import copying_early
    from imagest_core.restoration.api import export, restore
    from imagest_core.restoration.request import RestorationRequest

    idle = 0 if warm else memory_now()
    started = time.perf_counter()
    with open_painting(folder / "scan.tif") as painting:
        damage = check_mask_usable(read_mask(folder / "mask.tif", (painting.width, painting.height)))
        with copying_early(painting, folder / "out.tif", force=True) as copy:
            result = restore(painting, damage, RestorationRequest.of(ENGINE))
            verification = export(painting, result, folder / "out.tif", force=True, copy=copy)
    seconds = time.perf_counter() - started - result.record.timings.seconds["filling"]
    return {"seconds": seconds, "memory": max(peak_now() - idle, 0), "filled": verification.filled}


def memory_now() -> int:
    """Return the memory of this process in bytes; its peak if the system reports only that."""
    return _status("VmRSS") or peak_now()


def peak_now() -> int:
    """Return the peak memory of this process in bytes.

    On Linux, ``getrusage`` starts with the parent's peak, so ``/proc`` is preferred.
    """
    from imagest_core.restoration.environment import peak_memory

    return _status("VmHWM") or peak_memory()


def _status(name: str) -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":")), 0)


def _main(task: str, folder: Path) -> None:
    """Run ``task`` with a tiny scan, which imports everything, then with the one in ``folder``."""
    from imagest_core.damage.mask_io import write_mask

    work = {"decode": _decode, "restore": _restore}[task]
    with tempfile.TemporaryDirectory() as name:
        tiny = Path(name)
        make_scan(tiny / "scan.tif", KINDS[0], 300, 300)
        write_mask(_losses(300, 300), tiny / "mask.tif")
        work(tiny, True)
    print(json.dumps(work(folder, False)))


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
