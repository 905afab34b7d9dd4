"""Models are added, checked and removed completely or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tiny_model import tiny_checkpoint
from tiny_models import tiny_ip_adapter, tiny_lora, tiny_sd, tiny_single_file

from imagest_core.errors import ModelError, OutputError
from imagest_core.models.identify import identify
from imagest_core.models.identity import Family, ModelKind
from imagest_core.models.library import (
    EMBEDDED,
    add_model,
    check_model,
    find_installed,
    find_model,
    installed_models,
    remove_model,
)
from imagest_core.progress import Cancelled, Progress


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the library."""
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "models"


@pytest.fixture
def lora(tmp_path: Path) -> Path:
    return tiny_lora(tmp_path / "files" / "lora.safetensors")


def test_a_file_is_copied_with_its_hash(lora: Path, models: Path):
    model = add_model(lora, "mine")
    assert model.path == models / "mine" / "lora.safetensors"
    assert model.path.read_bytes() == lora.read_bytes()
    assert (model.size, model.in_place, model.title) == (lora.stat().st_size, False, "lora")
    assert find_installed("mine") == model
    assert [entry.name for entry in installed_models()] == [EMBEDDED, "mine"]
    check_model(model)


def test_a_folder_is_copied_without_what_is_not_loaded(tmp_path: Path):
    folder = tiny_sd(tmp_path / "source model")
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"pickled")
    (folder / "big.safetensors").write_bytes(b"another layout of the same")
    (folder / "README.md").write_text("---\nlicense: creativeml-openrail-m\ntags: []\n---\nText")
    model = add_model(folder)
    assert (model.name, model.licence) == ("source-model", "creativeml-openrail-m")
    assert model.path == model.folder
    copied = {path.relative_to(model.path).as_posix() for path in model.path.rglob("*") if path.is_file()}
    assert copied == {*model.identity.files, "model.json"}
    assert identify(model.path) == model.identity
    assert not [name for name in copied if "bin" in name or "big" in name]


def test_a_model_without_a_title_is_shown_under_its_given_name(tmp_path: Path) -> None:
    """Every trained model is in a folder called ``model``."""
    path = tiny_sd(tmp_path / "run" / "model")
    assert add_model(path, "monet", in_place=True).title == "monet"
    assert add_model(path, in_place=True).title == "model"


def test_in_place_only_a_reference_is_kept(tmp_path: Path, models: Path):
    path = tiny_single_file(tmp_path / "files" / "model.safetensors")
    model = add_model(path, in_place=True)
    assert (model.path, model.in_place, model.name) == (path, True, "model")
    assert [entry.name for entry in (models / "model").iterdir()] == ["model.json"]
    check_model(model)
    path.rename(path.with_suffix(".moved"))
    assert find_installed("model").missing
    with pytest.raises(ModelError, match="connect the disk, or remove the model"):
        check_model(find_installed("model"))
    path.with_suffix(".moved").rename(path)
    remove_model("model")
    assert path.is_file()
    assert not (models / "model").exists()


def test_an_ip_adapter_comes_with_its_image_encoder(tmp_path: Path):
    folder = tiny_ip_adapter(tmp_path / "ip")
    for source in (folder, folder / "ip-adapter.safetensors"):
        model = add_model(source, "adapter", force=True)
        assert identify(model.path).kind is ModelKind.IP_ADAPTER


def test_a_changed_file_is_found(lora: Path):
    model = add_model(lora, "mine")
    data = bytearray(model.path.read_bytes())
    data[-1] ^= 1
    model.path.write_bytes(data)
    with pytest.raises(ModelError, match=r"lora.safetensors of the model mine was changed or damaged"):
        check_model(model)
    model.path.unlink()
    with pytest.raises(ModelError, match="missing"):
        check_model(find_installed("mine"))


def test_a_name_in_use_is_refused_without_force(lora: Path, tmp_path: Path):
    add_model(lora, "mine")
    with pytest.raises(OutputError, match="exists already"):
        add_model(lora, "mine")
    other = tiny_lora(tmp_path / "other.safetensors", rank=3)
    assert add_model(other, "mine", force=True).identity.details["rank"] == "3"


@pytest.mark.parametrize(
    "name", [EMBEDDED, ".hidden", "a/b", "..", "x" * 101, "a\nb", "  ", " a", "a:b", "a,b"]
)
def test_unsafe_names_are_refused(lora: Path, name: str):
    with pytest.raises(ModelError, match="can't be a model's name"):
        add_model(lora, name)


def test_a_long_file_name_gives_a_valid_name(tmp_path: Path):
    model = add_model(tiny_lora(tmp_path / f"{'画' * 60}, 1.safetensors"))
    assert model.name == "画" * 33


def test_nothing_remains_after_a_cancel(lora: Path, models: Path):
    calls = iter([False, True])
    with pytest.raises(Cancelled):
        add_model(lora, "mine", progress=Progress(cancelled=lambda: next(calls, True)))
    assert list(models.iterdir()) == []


def test_a_full_disk_is_noticed_before_copying(lora: Path, models: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(OutputError, match=r"only 0 MB are free .* add it in place"):
        add_model(lora, "mine")
    assert add_model(lora, "mine", in_place=True).path == lora
    assert [entry.name for entry in models.iterdir()] == ["mine"]


def test_what_a_file_says_of_itself_is_kept(tmp_path: Path):
    stem = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
    tensors = {f"{stem}.lora_down.weight": np.zeros((4, 768)), f"{stem}.lora_up.weight": np.zeros((320, 4))}
    metadata = {"modelspec.title": "Brush strokes", "modelspec.license": "CC-BY-4.0"}
    save_file(tensors, tmp_path / "x.safetensors", metadata)
    model = add_model(tmp_path / "x.safetensors")
    assert (model.title, model.licence) == ("Brush strokes", "CC-BY-4.0")


def test_the_prediction_can_be_stated(tmp_path: Path, lora: Path):
    path = tiny_single_file(tmp_path / "two.safetensors", family="sd2")
    assert add_model(path, in_place=True).identity.prediction == "v_prediction"
    add_model(path, in_place=True, prediction="epsilon", force=True)
    assert find_installed("two").identity.prediction == "epsilon"
    with pytest.raises(ModelError, match="leave out --prediction"):
        add_model(lora, prediction="epsilon")


def test_a_model_is_found_by_its_path(tmp_path: Path):
    folder = tiny_sd(tmp_path / "model")
    model = find_installed(str(folder))
    assert (model.path, model.in_place, model.identity.family) == (folder, True, Family.SD1)
    path = tiny_single_file(tmp_path / "file.safetensors")
    assert find_installed(str(path)).path == path
    with pytest.raises(ModelError, match="There is no model 'nothing': choose one of embedded"):
        find_installed("nothing")


def test_the_embedded_model(tmp_path: Path):
    model = find_installed()
    assert (model.name, model.identity.kind) == (EMBEDDED, ModelKind.IMAGEST)
    assert model.size > 30e6
    assert model.description.name
    for name in ("", EMBEDDED):
        with pytest.raises(ModelError, match="belongs to the program"):
            remove_model(name)


def test_models_can_be_listed_by_kind(tmp_path: Path, lora: Path):
    add_model(lora, "one")
    add_model(tiny_checkpoint(tmp_path / "two"), "two")
    assert [model.name for model in installed_models(kinds=(ModelKind.LORA,))] == ["one"]
    assert [model.name for model in installed_models(kinds=(ModelKind.IMAGEST,))] == [EMBEDDED, "two"]


def test_an_engine_gets_only_checkpoints_of_its_network(lora: Path, tmp_path: Path):
    add_model(lora, "one")
    with pytest.raises(ModelError, match="no checkpoint of the Imagest network"):
        find_model("one")
    add_model(tiny_checkpoint(tmp_path / "two"), "two", in_place=True)
    assert find_model("two") == tmp_path / "two"


def test_only_names_of_the_library_are_removed(tmp_path: Path, lora: Path):
    for name in (str(lora.parent), "..", ".", "nothing", "../models"):
        with pytest.raises(ModelError, match="There is no installed model"):
            remove_model(name)
    assert lora.is_file()


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"format": True},
        {"identity": {}},
        {"files": {}},
        {"files": {"lora.safetensors": "x"}},
        {"source": 5},
        None,
    ],
    ids=str,
)
def test_a_damaged_entry_is_reported_and_can_be_removed(lora: Path, change: dict[str, object] | None):
    entry = add_model(lora, "mine").folder / "model.json"
    entry.write_text("{" if change is None else json.dumps(json.loads(entry.read_text()) | change))
    broken: list[str] = []
    assert [model.name for model in installed_models(broken)] == [EMBEDDED]
    assert len(broken) == 1
    remove_model("mine")
    assert not entry.exists()


@pytest.mark.parametrize("name", ["../outside.safetensors", "/etc/passwd", "a\\b", "C:x", ""])
def test_an_entry_names_no_file_outside(lora: Path, name: str):
    entry = add_model(lora, "mine").folder / "model.json"
    stored = json.loads(entry.read_text())
    stored["identity"]["files"] = [name]
    stored["files"] = {name: stored["files"]["lora.safetensors"]}
    entry.write_text(json.dumps(stored))
    with pytest.raises(ModelError, match="relative paths inside the model"):
        find_installed("mine")
