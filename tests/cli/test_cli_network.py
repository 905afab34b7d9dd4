"""Nothing but ``imagest models fetch`` uses the network."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from tiny_models import tiny_sd, tiny_single_file

Cli = Callable[..., Any]


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))


def test_nothing_but_fetch_opens_a_connection(
    cli: Cli, tmp_path: Path, scan: Path, mask: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a connection was opened")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    file = tiny_single_file(tmp_path / "model.safetensors")
    for arguments in (
        ("models", "add", file, "--name", "a"),
        ("models", "add", tiny_sd(tmp_path / "folder"), "--name", "b", "--in-place"),
        ("models", "list"),
        ("models", "info", "a"),
        ("models", "check"),
        ("models", "remove", "a", "--yes"),
        ("info", scan),
        ("restore", scan, "--mask", mask, "-o", tmp_path / "a.tif", "--engine", "spline"),
        (
            "restore",
            scan,
            "--mask",
            mask,
            "-o",
            tmp_path / "b.tif",
            "--engine",
            "imagest",
            "--quality",
            "draft",
        ),
    ):
        answer = cli(*arguments)
        assert answer.code == 0, answer.err


def test_only_one_module_imports_a_network_library():
    root = Path(__file__).parents[2]
    libraries = (
        "urllib.request",
        "http.client",
        "socket",
        "requests",
        "httpx",
        "snapshot_download",
        "QtNetwork",
    )
    users = {
        path.relative_to(root).as_posix()
        for folder in ("imagest_core", "app")
        for path in (root / folder).rglob("*.py")
        if any(f"import {name}" in (text := path.read_text(encoding="utf-8")) for name in libraries)
        or "import snapshot_download" in text
    }
    assert users <= {"imagest_core/models/hub.py", "imagest_core/project/storage/lock.py"}
