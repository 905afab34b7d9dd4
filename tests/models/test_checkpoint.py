from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_model import tiny_checkpoint, tiny_network

from imagest_core.errors import ModelError, OutputError
from imagest_core.models.checkpoint import load_checkpoint, save_checkpoint
from imagest_core.models.description import read_description
from imagest_core.models.file_hash import file_hash
from imagest_core.models.library import find_model, import_model, installed_models


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_checkpoint(tmp_path / "toy")


def rewrite(folder: Path, change) -> None:
    """Change the U-Net's tensors and keep the description's hash true."""
    path = folder / "unet.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    config = json.loads((folder / "config.json").read_text())
    config["files"]["unet.safetensors"] = file_hash(path)
    (folder / "config.json").write_text(json.dumps(config))


def test_what_is_saved_is_loaded(folder: Path) -> None:
    checkpoint = load_checkpoint(folder)
    original = tiny_network().state_dict()
    for name, tensor in checkpoint.network.state_dict().items():
        assert torch.equal(tensor, original[name].half().float()), name
    assert checkpoint.description.name == "toy"
    assert len(checkpoint.description.weights_hash) == 64


def test_a_missing_tensor_is_named(folder: Path) -> None:
    rewrite(folder, lambda t: t.pop("null_text"))
    with pytest.raises(ModelError, match=r"lacks the tensor null_text"):
        load_checkpoint(folder)


def test_an_extra_tensor_is_named(folder: Path) -> None:
    rewrite(folder, lambda t: t.update(stowaway=torch.zeros(1)))
    with pytest.raises(ModelError, match="stowaway"):
        load_checkpoint(folder)


def test_a_misshapen_tensor_is_named(folder: Path) -> None:
    rewrite(folder, lambda t: t.update(null_text=torch.zeros(1, 1, 3)))
    with pytest.raises(ModelError, match=r"null_text has the shape \(1, 1, 3\)"):
        load_checkpoint(folder)


def test_values_that_are_no_numbers_are_refused(folder: Path) -> None:
    rewrite(folder, lambda t: t.update(null_text=t["null_text"] * float("nan")))
    with pytest.raises(ModelError, match="null_text"):
        load_checkpoint(folder)


def test_tampered_weights_are_refused(folder: Path) -> None:
    path = folder / "style.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"style\.safetensors"):
        load_checkpoint(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "autoencoder.safetensors").unlink()
    with pytest.raises(ModelError, match=r"autoencoder\.safetensors is missing"):
        load_checkpoint(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "x"}'])
def test_a_broken_description_is_refused(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    with pytest.raises(ModelError):
        load_checkpoint(folder)


def test_a_network_of_unknown_shape_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["network"]["unet"]["wings"] = 2
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="can't build"):
        load_checkpoint(folder)


def test_a_newer_format_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["format"] = 99
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="newer version"):
        read_description(folder)


def test_nothing_is_overwritten(folder: Path) -> None:
    with pytest.raises(OutputError):
        save_checkpoint(folder, tiny_network(), name="x", title="")


def test_models_are_imported_and_found(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    import_model(folder, "mine")
    assert find_model("mine") == tmp_path / "data" / "models" / "mine"
    assert "mine" in [entry.name for entry in installed_models()]
    with pytest.raises(OutputError, match="mine exists already"):
        import_model(folder, "mine")
    import_model(folder, "mine", force=True)
    assert load_checkpoint(find_model("mine")).description.name == "toy"


@pytest.mark.parametrize("name", ["../out", ".hidden", "embedded", "a/b"])
def test_strange_names_are_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    with pytest.raises(ModelError, match="name"):
        import_model(folder, name)


def test_unknown_model_error_lists_the_installed_ones() -> None:
    with pytest.raises(ModelError, match="choose one of embedded"):
        find_model("nosuch")
