"""A model's description is checked before anything is built of it."""

from __future__ import annotations

import json
import os
import resource
import shutil
import struct
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_model import tiny_checkpoint, tiny_config

from imagest_core.errors import ModelError
from imagest_core.models.checkpoint import load_checkpoint
from imagest_core.models.description import read_description
from imagest_core.models.file_hash import file_hash
from imagest_core.models.imagest.network import NetworkConfig
from imagest_core.models.validation import LARGEST_FILE, SCHEMA, check_network

Edit = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("models") / "toy")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "toy"))


def rewrite(folder: Path, edit: Edit) -> None:
    stored = json.loads((folder / "config.json").read_text())
    changed = edit(stored)
    (folder / "config.json").write_text(json.dumps(stored if changed is None else changed))


def put(part: str, name: str, value: Any) -> Edit:
    return lambda stored: stored["network"][part].__setitem__(name, value)


WRONG: dict[str, Edit] = {
    "negative": put("style", "side", -15),
    "huge": put("unet", "channels", [10**9, 32]),
    "huge width": put("autoencoder", "encoder_channels", 10**9),
    "endless": put("autoencoder", "encoder_blocks", 10**6),
    "long": put("unet", "channels", [32] * 10_000),
    "text": put("style", "window", "8"),
    "float": put("style", "window", 8.5),
    "truth": put("style", "window", True),
    "not a number": put("autoencoder", "latent_scale", [float("nan")] * 4),
    "infinite": put("autoencoder", "latent_scale", [float("inf")] * 4),
    "null": put("unet", "layers", None),
    "list": put("unet", "layers", [1]),
    "object": put("unet", "channels", {"0": 32}),
    "unknown": put("unet", "wings", 2),
    "lengths": put("unet", "attention", [True]),
    "position": put("style", "position", "absolute"),
    "part is text": lambda stored: stored["network"].__setitem__("unet", "big"),
    "part is missing": lambda stored: stored["network"].pop("style"),
    "network is a list": lambda stored: stored.__setitem__("network", []),
    "network is missing": lambda stored: stored.pop("network"),
    "files is a list": lambda stored: stored.__setitem__("files", ["unet.safetensors"]),
    "hash is a number": lambda stored: stored["files"].__setitem__("unet.safetensors", 5),
    "training is text": lambda stored: stored.__setitem__("training", "long"),
    "title is a number": lambda stored: stored.__setitem__("title", 7),
    "format is text": lambda stored: stored.__setitem__("format", "1"),
    "format is zero": lambda stored: stored.__setitem__("format", 0),
    "extra": lambda stored: stored.__setitem__("extra", 1),
    "a list": lambda stored: [stored],
    "a number": lambda stored: 7,
}


@pytest.mark.parametrize("name", list(WRONG))
def test_a_wrong_value_is_named_in_one_sentence(cli, folder: Path, name: str) -> None:
    rewrite(folder, WRONG[name])
    with pytest.raises(ModelError) as refused:
        read_description(folder)
    assert "\n" not in str(refused.value)
    with pytest.raises(ModelError):
        load_checkpoint(folder)
    assert cli("models", "info", folder).code == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b" " * (LARGEST_FILE + 1),
        b'{"network": ' + b"9" * 5000 + b"}",
    ],
    ids=["empty", "cut", "no UTF-8", "lists", "objects", "long", "digits"],
)
def test_description_that_is_not_json_is_refused(cli, folder: Path, data: bytes) -> None:
    (folder / "config.json").write_bytes(data)
    answer = cli("models", "info", folder)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert len(answer.err) < 1000


def test_valid_sizes_without_matching_weights_allocate_nothing(folder: Path) -> None:
    """16,384 channels everywhere would take terabytes."""
    rewrite(folder, put("unet", "channels", [16384, 16384]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelError):
        load_checkpoint(folder)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_sizes_that_do_not_fit_each_other_are_refused(folder: Path) -> None:
    rewrite(folder, put("autoencoder", "encoder_channels", 9))
    with pytest.raises(ModelError, match="can't build"):
        load_checkpoint(folder)


def replaced(folder: Path, name: str, data: bytes) -> None:
    """Another weights file, with its hash in the description."""
    (folder / name).write_bytes(data)
    rewrite(folder, lambda stored: stored["files"].__setitem__(name, file_hash(folder / name)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        struct.pack("<Q", 1 << 60) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 66) + b'{"x":{"dtype":"F32","shape":[4000000000],"data_offsets":[0,99999]}}'[:66],
        struct.pack("<Q", 58) + b'{"x":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}    ' + bytes(4),
    ],
)
def test_weights_with_a_wrong_header_are_refused(folder: Path, data: bytes) -> None:
    replaced(folder, "unet.safetensors", data)
    with pytest.raises(ModelError, match="safetensors"):
        load_checkpoint(folder)


def test_integer_weights_are_refused(folder: Path) -> None:
    tensors = load_file(folder / "style.safetensors")
    save_file({name: value.to(torch.int32) for name, value in tensors.items()}, folder / "other")
    replaced(folder, "style.safetensors", (folder / "other").read_bytes())
    with pytest.raises(ModelError, match="not a float"):
        load_checkpoint(folder)


def test_every_size_there_is_has_a_check() -> None:
    config = NetworkConfig()
    for part in fields(NetworkConfig):
        assert SCHEMA[part.name].keys() == {field.name for field in fields(getattr(config, part.name))}
    check_network(config.to_json())
    check_network(tiny_config(text=8).to_json())


def test_a_broken_model_does_not_hide_the_others(
    cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    for name in ("good", "bad"):
        assert cli("models", "import", folder, "--name", name).code == 0
    rewrite(tmp_path / "data" / "models" / "bad", WRONG["negative"])
    answer = cli("models", "list")
    assert answer.code == 0
    assert [line.split()[0] for line in answer.out.splitlines()] == ["embedded", "good", "note:"]
    assert "good" in cli("models", "info", "other").err


@pytest.mark.parametrize("name", ["a/b", "..", ".x", "a\nb", "\x1b[2J", "x" * 300, "embedded"])
def test_names_that_a_folder_or_a_terminal_would_obey_are_refused(
    cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    answer = cli("models", "import", folder, "--name", name)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert not (tmp_path / "data").exists() or os.listdir(tmp_path / "data" / "models") == []


@pytest.mark.shared
def test_descriptions_that_were_found_faulty(shared: Path, folder: Path) -> None:
    found = sorted((shared / "faulty" / "models").glob("*.json"))
    assert found
    for path in found:
        shutil.copy(path, folder / "config.json")
        (folder / "config.json").chmod(0o644)
        with pytest.raises(ModelError):
            load_checkpoint(folder)


@pytest.mark.parametrize(
    ("stored", "reason"),
    [({}, "name is missing"), ({"unknown": 1}, "unknown is unknown"), ({"name": "a"}, "title is missing")],
)
def test_a_description_with_other_fields_is_refused_in_plain_words(tmp_path, stored, reason):
    (tmp_path / "config.json").write_text(json.dumps(stored))
    with pytest.raises(ModelError, match=reason):
        read_description(tmp_path)
