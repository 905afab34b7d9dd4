"""What every test has: no network, no screen, quiet logs, no thread left behind, and the command line."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from screens import offscreen

if os.environ.get("QT_QPA_PLATFORM", "offscreen") == "offscreen":
    os.environ["QT_QPA_PLATFORM"] = offscreen(1920, 1080)
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

SHARED = Path(__file__).parents[2] / "shared"
OURS = ("imagest_core", "app", "resources")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what needs the paintings beside the checkout, or a GPU, where there is none."""
    for item in items:
        if item.get_closest_marker("shared") and not SHARED.is_dir():
            item.add_marker(pytest.mark.skip(reason="there are no paintings beside the checkout"))
        if item.get_closest_marker("gpu") and gpu_device() != "cuda" and not _rehearsed(item):
            item.add_marker(pytest.mark.skip(reason="there is no CUDA device"))


def gpu_device() -> str:
    """The device of tests marked ``gpu``: "cuda"; "cpu" where they are only rehearsed."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _rehearsed(item: pytest.Item) -> bool:
    """Whether a test for the GPU runs on the CPU: if that is asked for, and it has the fixture ``device``."""
    asked = bool(os.environ.get("IMAGEST_REHEARSE_GPU"))
    return asked and "device" in getattr(item, "fixturenames", ())


@pytest.fixture
def device() -> str:
    """The device of a test marked ``gpu`` that can be rehearsed on a CPU."""
    return gpu_device()


@pytest.fixture
def shared() -> Path:
    """The folder of paintings beside the checkout; only for tests marked ``shared``."""
    return SHARED


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs, settings, projects and caches of the program go to a folder of the tests' own."""
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path_factory.getbasetemp() / kind.lower()))


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail where this program logged a warning, or left a thread that would keep it alive."""
    before = set(threading.enumerate())
    yield
    loud = [r for r in caplog.get_records("call") if r.levelno >= logging.WARNING and r.name.startswith(OURS)]
    assert not loud, f"unexpected log: {[record.getMessage() for record in loud]}"
    left = [
        thread for thread in set(threading.enumerate()) - before if thread.is_alive() and not thread.daemon
    ]
    for thread in left:
        thread.join(2.0)
    assert not [thread for thread in left if thread.is_alive()], f"threads left behind: {left}"


class Answer(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str


Cli = Callable[..., Answer]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run ``imagest ARGUMENTS…`` in this process."""
    from imagest_core.cli import main

    def run(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Answer(code, *capsys.readouterr())

    return run
