"""Kills, full disks and cancellation leave the old file or none, and nothing else."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from tiff_samples import Kind, noise, painted, restore, samples_of, smooth, write_source

from imagest_core.errors import OutputError, PaintingError, VerificationError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.painting.tiff import pieces as tiff_pieces
from imagest_core.painting.writer import Patch, write_painting
from imagest_core.progress import Cancelled, Progress

PATCH = Patch(Box(2, 3, 60, 50), noise(50, 60))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def make_source(folder: Path, suffix: str) -> Path:
    source = folder / f"source{suffix}"
    if suffix == ".tif":
        write_source(source, Kind(tiled=True))
    else:
        Image.fromarray(smooth(75, 101)).save(source)
    return source


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_scan_that_was_deleted_while_open_is_named(tmp_path: Path, suffix: str) -> None:
    source = make_source(tmp_path, suffix)
    with open_painting(source) as painting:
        painting.read(painting.box)
        source.unlink()
        with pytest.raises(PaintingError, match="has changed since it was opened"):
            write_painting(painting, [PATCH], tmp_path / "out.tif", check=lambda _: None)
    assert names(tmp_path) == []


@pytest.mark.parametrize("suffix", [".tif", ".png"])
@pytest.mark.parametrize("old", [False, True])
def test_cancellation_at_any_step_leaves_nothing(tmp_path: Path, suffix: str, old: bool) -> None:
    source, out = make_source(tmp_path, suffix), tmp_path / "out.tif"
    if old:
        out.write_bytes(b"old")
    before = names(tmp_path)
    with open_painting(source) as painting:
        for moment in count():  # the number of polls depends on threads
            try:
                write(painting, out, Progress(cancelled=after(moment)))
            except Cancelled:
                assert names(tmp_path) == before
                assert not old or out.read_bytes() == b"old"
            else:
                break
        assert moment >= 3


def write(painting: object, out: Path, progress: Progress) -> None:
    write_painting(painting, [PATCH], out, check=lambda path: None, force=True, progress=progress)


def after(moment: int) -> object:
    polled = iter(range(10**6))
    return lambda: next(polled) >= moment


@pytest.mark.parametrize("error", [VerificationError("It differs."), KeyboardInterrupt()])
def test_failing_check_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    source, out = make_source(tmp_path, ".tif"), tmp_path / "out.tif"

    def check(path: Path) -> None:
        assert path.stat().st_size >= source.stat().st_size
        raise error

    with open_painting(source) as painting, pytest.raises(type(error)):
        write_painting(painting, [PATCH], out, check=check)
    assert names(tmp_path) == ["source.tif"]


def test_failing_engine_leaves_nothing(tmp_path: Path) -> None:
    source, out = make_source(tmp_path, ".tif"), tmp_path / "out.tif"

    def patches() -> Iterator[Patch]:
        yield PATCH
        raise RuntimeError("no more")

    with open_painting(source) as painting, pytest.raises(RuntimeError, match="no more"):
        write_painting(painting, patches(), out, check=lambda path: None)
    assert names(tmp_path) == ["source.tif"]


def test_the_source_and_an_existing_file_are_never_written(tmp_path: Path) -> None:
    source, out = make_source(tmp_path, ".tif"), tmp_path / "out.tif"
    out.write_bytes(b"old")
    (tmp_path / "link.tif").symlink_to("source.tif")
    os.link(source, tmp_path / "twin.tif")
    before = source.read_bytes()
    with open_painting(source) as painting:
        for name in ("source.tif", "link.tif", "twin.tif"):
            with pytest.raises(OutputError, match="source itself"):
                write_painting(painting, [PATCH], tmp_path / name, check=lambda path: None, force=True)
        with pytest.raises(OutputError, match="exists already"):
            write_painting(painting, [PATCH], out, check=lambda path: None)
    assert (source.read_bytes(), out.read_bytes()) == (before, b"old")
    assert len(names(tmp_path)) == 4


def test_progress_increases_monotonically(tmp_path: Path) -> None:
    source = make_source(tmp_path, ".tif")
    seen: list[float] = []
    with open_painting(source) as painting:
        write(painting, tmp_path / "out.tif", Progress(lambda report: seen.append(report.fraction)))
    assert seen == sorted(seen)
    assert len(seen) > 0
    assert seen[-1] <= 1


ENDLESS = """
import itertools, sys
import numpy as np
from pathlib import Path
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.painting.writer import Patch, write_painting
source, out = map(Path, sys.argv[1:])
print("ready", flush=True)
for tone in itertools.cycle((10, 200)):
    with open_painting(source) as painting:
        patches = [Patch(Box(x, 0, 64, 512), np.full((512, 64, 3), tone, "u1")) for x in range(0, 512, 64)]
        write_painting(painting, patches, out, check=lambda path: None, force=True)
"""


def test_kill_at_any_time_leaves_a_complete_file(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    tifffile.imwrite(source, noise(512, 600), photometric="rgb", tile=(64, 64), compression="lzw")
    whole = []
    for tone in (10, 200):
        patches = [Patch(Box(x, 0, 64, 512), np.full((512, 64, 3), tone, "u1")) for x in range(0, 512, 64)]
        restore(source, out, patches, force=True)
        whole.append(out.read_bytes())
    out.unlink()
    pause = random.Random(3)
    for _ in range(8):
        kill_while_writing(source, out, pause.uniform(0.0, 0.3))
        assert not out.exists() or out.read_bytes() in whole
    restore(source, out, [], force=True)
    assert names(tmp_path) == ["out.tif", "source.tif"]


def kill_while_writing(source: Path, out: Path, seconds: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(source), str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(seconds)
        process.kill()
    assert process.returncode == -9


LIMITED = """
import resource, sys
import numpy as np
from pathlib import Path
from imagest_core.errors import OutputError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.painting.writer import Patch, write_painting
source, out, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
noise = np.random.default_rng(0).integers(0, 256, (900, 1000, 3), "u1")
try:
    with open_painting(source) as painting:
        write_painting(painting, [Patch(Box(0, 0, 1000, 900), noise)], out, check=print, force=True)
except OutputError as error:
    print(error)
"""


def write_limited(source: Path, out: Path, limit: int) -> str:
    """Return the output of a process that writes nearly 3 MB of noise under a file size limit."""
    command = [sys.executable, "-c", LIMITED, str(source), str(out), str(limit)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def flat_source(folder: Path, suffix: str) -> Path:
    """Write a small file of a large image, which needs far more space once it is patched."""
    source, samples = folder / f"source{suffix}", np.zeros((1000, 1000, 3), "u1")
    if suffix == ".tif":
        tifffile.imwrite(source, samples, photometric="rgb", tile=(128, 128), compression="zlib")
    else:
        Image.fromarray(samples).save(source)
    return source


@pytest.mark.parametrize("suffix", [".tif", ".png"])
@pytest.mark.parametrize("limit", [1000, 100_000, 1_500_000])
def test_file_size_limit_leaves_the_old_file(tmp_path: Path, suffix: str, limit: int) -> None:
    source, out = flat_source(tmp_path, suffix), tmp_path / "out.tif"
    out.write_bytes(b"old")
    assert "disk became full" in write_limited(source, out, limit)
    assert out.read_bytes() == b"old"
    assert names(tmp_path) == ["out.tif", source.name]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 2 MiB, if permitted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("no disk may be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_full_disk_leaves_the_old_file(tmp_path: Path, small_disk: Path, suffix: str) -> None:
    source, out = flat_source(tmp_path, suffix), small_disk / "out.tif"
    assert "disk became full" in write_limited(source, out, 0)
    assert names(small_disk) == []
    out.write_bytes(b"old")
    assert "disk became full" in write_limited(source, out, 0)
    assert names(small_disk) == ["out.tif"]
    assert out.read_bytes() == b"old"


def test_missing_disk_space_is_detected_before_writing(tmp_path: Path, small_disk: Path) -> None:
    source = tmp_path / "source.tif"
    tifffile.imwrite(source, noise(700, 900), photometric="rgb")
    with open_painting(source) as painting, pytest.raises(OutputError, match="MB are free"):
        write_painting(painting, [PATCH], small_disk / "out.tif", check=lambda path: None)
    assert names(small_disk) == []


def test_memory_does_not_depend_on_the_number_of_patches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    tifffile.imwrite(
        source, np.zeros((2560, 2560, 3), "u1"), photometric="rgb", tile=(256, 256), compression="lzw"
    )
    monkeypatch.setattr(tiff_pieces, "IN_MEMORY", 1 << 20)

    def patches() -> Iterator[Patch]:
        for y in range(0, 2560, 128):
            yield Patch(Box(0, y, 2560, 128), noise(128, 2560, seed=y))

    with open_painting(source) as painting:
        tracemalloc.start()
        write_painting(painting, patches(), out, check=lambda path: None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8_000_000
    wanted = painted(
        np.zeros((128, 2560, 3), "u1"), [Patch(Box(0, 0, 2560, 128), noise(128, 2560, seed=1280))]
    )
    with open_painting(out) as painting:
        np.testing.assert_array_equal(painting.read(Box(0, 1280, 2560, 128)), wanted)
    assert names(tmp_path) == ["out.tif", "source.tif"]
    assert samples_of(out).shape == (2560, 2560, 3)
