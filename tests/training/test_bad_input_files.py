"""Training on archives and runs that are damaged or malicious."""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from tiny_model import tiny_config

from imagest_core.errors import InputError, ModelError, OutputError
from imagest_core.training.images import list_pictures, load_maps, load_works
from imagest_core.training.run_lock import LOCK, locked_run
from imagest_core.training.state import TrainingClock, check_run, read_state, write_run, write_state
from imagest_core.training.style_examples import load_picture_sets

Add = Callable[[tarfile.TarFile], None]


def png(value: int = 7) -> bytes:
    return cv2.imencode(".png", np.full((20, 20, 3), value, np.uint8))[1].tobytes()


def entry(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> Add:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, link
    return lambda archive: archive.addfile(info, io.BytesIO(data))


BAD: dict[str, Add] = {
    "symbolic link": entry("x.png", kind=tarfile.SYMTYPE, link="/etc/passwd"),
    "hard link": entry("x.png", kind=tarfile.LNKTYPE, link="0-0.png"),
    "link to nothing": entry("x.png", kind=tarfile.LNKTYPE, link="nowhere.png"),
    "device": entry("x.png", kind=tarfile.CHRTYPE),
    "pipe": entry("x.png", kind=tarfile.FIFOTYPE),
    "absolute": entry("/tmp/x.png", png()),
    "parent": entry("a/../../x.png", png()),
    "not a picture": entry("x.png", b"no picture at all"),
    "cut picture": entry("x.png", png()[:40]),
    "empty picture": entry("x.png"),
    "huge picture": entry("x.png", png()[:16] + (60_000).to_bytes(4, "big") * 2 + png()[24:]),
}


@pytest.fixture
def packed(tmp_path: Path) -> Callable[..., Path]:
    def pack(add: Add | None = None, mode: str = "w") -> Path:
        path = tmp_path / "works.tar"
        with tarfile.open(path, mode) as archive:
            for number in range(24):
                entry(f"{number}-0.png", png(number))(archive)
            if add is not None:
                add(archive)
        return path

    return pack


@pytest.mark.parametrize("name", list(BAD))
def test_tar_with_other_members_is_refused(cli, packed, tmp_path: Path, name: str) -> None:
    path = packed(BAD[name])
    with pytest.raises(InputError) as refused:
        load_works([path])
    assert "\n" not in str(refused.value)
    answer = cli("train", "autoencoder", path, "-o", tmp_path / "run", "--side", 32)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_truncated_tar_is_refused(packed, mode: str) -> None:
    path = packed(mode=mode)
    data = path.read_bytes()
    assert len(load_works([path])[0]) > 0
    for place in (1, 300, 512, 700, len(data) // 2, len(data) // 2 // 512 * 512, len(data) - 11_000):
        path.write_bytes(data[: max(place, 1)])
        with pytest.raises(InputError):
            load_works([path])


def test_a_damaged_picture_in_a_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "works"
    folder.mkdir()
    for number in range(24):
        (folder / f"{number}-0.png").write_bytes(png(number))
    (folder / "bad.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(InputError, match=r"bad\.jpg"):
        load_works([folder])
    with pytest.raises(InputError, match=r"bad\.jpg"):
        load_maps(folder)


def refuse(monkeypatch: pytest.MonkeyPatch, module: Any, function: str, name: str) -> None:
    """Let the system refuse to open what is called ``name``; root could read it."""
    original = getattr(module, function)

    def denied(path: Any, *arguments: Any, **options: Any) -> Any:
        if str(path).endswith(name):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return original(path, *arguments, **options)

    monkeypatch.setattr(module, function, denied)


def test_what_may_not_be_read_is_refused_and_never_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "works"
    (folder / "Boats").mkdir(parents=True)
    for number in range(24):
        (folder / f"{number}-0.png").write_bytes(png(number))
    (folder / "Boats" / "boat-0.png").write_bytes(png())
    assert len(list(list_pictures([folder]))) == 25
    with monkeypatch.context() as system:
        refuse(system, os, "scandir", "Boats")
        for read in (load_works, lambda sources: list(list_pictures(sources))):
            with pytest.raises(InputError, match=r"The folder .*Boats can't be read: permission denied\."):
                read([folder])
    with monkeypatch.context() as system:
        refuse(system, builtins, "open", "boat-0.png")
        with pytest.raises(InputError, match=r"picture Boats/boat-0\.png can't be read: permission denied\."):
            list(list_pictures([folder]))
    with monkeypatch.context() as system:
        refuse(system, Path, "read_bytes", "boat-0.png")
        with pytest.raises(InputError, match=r"boat-0\.png can't be read: permission denied\."):
            load_works([folder])


def test_too_few_works_are_counted(tmp_path: Path) -> None:
    (tmp_path / "1-0.png").write_bytes(png())
    (tmp_path / "1-1.png").write_bytes(png())
    for load in (load_works, load_picture_sets):
        with pytest.raises(InputError, match=r"too few works \(1\): none of them would be held out"):
            load([tmp_path])


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    write_run(folder, tiny_config(), {"seed": 0})
    weights = {"average.factors": np.zeros(3, np.float32)}
    import torch

    write_state(
        folder, {name: torch.from_numpy(value) for name, value in weights.items()}, TrainingClock(3, 1.5)
    )
    return folder


def test_state_round_trips(run: Path) -> None:
    tensors, clock = read_state(run / "state.safetensors")
    assert (sorted(tensors), clock) == (["average.factors"], TrainingClock(3, 1.5))


@pytest.mark.parametrize(
    "clock", [None, "{}", "[]", '{"step": -1, "seconds": 0}', '{"step": 1, "seconds": NaN}', "x"]
)
def test_a_damaged_state_is_refused(run: Path, clock: str | None) -> None:
    path = run / "state.safetensors"
    tensors = load_file(path)
    save_file(tensors, path, metadata=None if clock is None else {"clock": clock})
    with pytest.raises(ModelError, match="damaged training state"):
        read_state(path)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ModelError, match="damaged training state"):
        read_state(path)


@pytest.mark.parametrize("data", [b"{", b"[]", b"\xff", b"null", b'{"unet": 3}', b"[" * 99_999])
def test_a_run_whose_network_is_damaged_is_refused(cli, run: Path, packed, data: bytes) -> None:
    (run / "network.json").write_bytes(data)
    answer = cli("train", "autoencoder", packed(), "-o", run, "--side", 32)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert (run / "network.json").read_bytes() == data
    answer = cli(
        "train", "autoencoder", packed(), "-o", run.parent / "new", "--network", run / "network.json"
    )
    assert (answer.code, answer.err.count("\n")) == (2, 1)


def test_run_is_not_started_in_another_folder(run: Path, tmp_path: Path) -> None:
    check_run(run, tiny_config())
    check_run(tmp_path / "new", tiny_config())
    with pytest.raises(ModelError, match="another shape"):
        check_run(run, tiny_config(text=8))
    with pytest.raises(OutputError, match="one of the inputs"):
        check_run(run, tiny_config(), [run / ".." / "run"])
    with pytest.raises(OutputError, match=r"new is inside .*, which is read: choose a folder elsewhere\."):
        check_run(tmp_path / "new", tiny_config(), [tmp_path])
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(OutputError, match="is inside"):
        check_run(tmp_path / "link" / "new", tiny_config(), [tmp_path])
    (tmp_path / "kept.png").write_bytes(b"input")
    (run / "losses.csv").symlink_to(tmp_path / "kept.png")
    with pytest.raises(OutputError, match="one of the inputs"):
        check_run(run, tiny_config(), [tmp_path / "kept.png"])
    (run / "losses.csv").unlink()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="not a folder"):
        check_run(tmp_path / "file", tiny_config())
    shutil.move(run / "network.json", tmp_path / "elsewhere.json")
    with pytest.raises(OutputError, match="other files"):
        check_run(run, tiny_config())
    assert json.loads((run / "settings.json").read_text()) == {"seed": 0}


@pytest.mark.shared
def test_faulty_tar_is_refused(shared: Path) -> None:
    with pytest.raises(InputError, match="cut short or damaged"):
        load_works([shared / "faulty" / "train-cut.tar"])


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a signal of Unix")
def test_two_trainings_in_one_folder_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys, time; from pathlib import Path; from imagest_core.training.run_lock import locked_run\n"
        "with locked_run(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    folder = tmp_path / "run"
    other = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(OutputError, match="Another training is running in"), locked_run(folder):
            pass
        with monkeypatch.context() as second:
            second.setenv("RANK", "1")
            with locked_run(folder):
                assert list(folder.iterdir()) == [folder / LOCK], "of the same training"
    finally:
        other.kill()
        other.communicate()
    with locked_run(folder):
        late = (folder / LOCK).open("ab")
    with late:
        import fcntl

        fcntl.flock(late, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(OutputError, match="Another training is running in"), locked_run(folder):
            pass
