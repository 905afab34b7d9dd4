"""Which packages are chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.imagest_launcher import profiles
from installer.imagest_launcher.errors import LauncherError
from installer.imagest_launcher.payload import Payload, Profile


def payload(*names: str, offline: tuple[str, ...] = ()) -> Payload:
    known = {name: Profile(name, Path("lock"), 1, 1, 580 if name == "cuda" else 0) for name in names}
    return Payload(Path("x"), "id", "1", False, ((3, 11), (3, 14)), known, None, offline)


@pytest.fixture
def card(tmp_path, monkeypatch):
    """Pretend a graphics card: ``nvidia-smi`` of the PATH says the version of its driver."""

    def insert(driver: str) -> None:
        tool = tmp_path / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\necho {driver}\n")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(profiles, "DRIVER", tmp_path / "version")
    return insert


def test_without_a_card_it_is_onnx(card):
    assert profiles.choose(payload("onnx", "cpu", "cuda"), None, None).name == "onnx"


def test_with_a_card_it_is_cuda(card):
    card("580.95.05")
    assert profiles.choose(payload("onnx", "cpu", "cuda"), None, None).name == "cuda"


def test_a_driver_that_is_too_old_for_the_libraries_gives_onnx(card):
    card("535.183")
    assert profiles.choose(payload("onnx", "cuda"), None, None).name == "onnx"


def test_the_driver_is_found_without_its_tool(card):
    profiles.DRIVER.write_text(
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  590.44.01  Tue\nGCC version: 12.2.0"
    )
    assert profiles.nvidia_driver() == 590


def test_a_damaged_tool_is_no_card(card):
    card("failed")
    assert profiles.nvidia_driver() == 0


def test_an_upgrade_keeps_the_choice(card):
    card("580.95.05")
    assert profiles.choose(payload("onnx", "cpu", "cuda"), None, "cpu").name == "cpu"


def test_the_wish_comes_first(card):
    assert profiles.choose(payload("onnx", "cuda"), "cuda", "onnx").name == "cuda"


def test_an_offline_archive_offers_what_it_has(card):
    card("580.95.05")
    archive = payload("onnx", "cuda", offline=("onnx",))
    assert profiles.choose(archive, None, "cuda").name == "onnx"
    with pytest.raises(LauncherError, match="choose one of: onnx"):
        profiles.choose(archive, "cuda", None)
