"""A second evaluation into the same folder leaves no file of the first one that belongs to no result."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from tiny_models import tiny_lora, tiny_sd

from imagest_core.evaluation.files import LIST, write_results
from imagest_core.models.library import add_model


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_sheets_of_a_kind_that_is_gone_are_removed(cases: Path, tmp_path: Path, cli) -> None:
    out = tmp_path / "out"
    command = ("evaluate", cases, "-o", out, "--method", "harmonic")
    assert cli(*command).code == 0
    assert {"sheet-cracks.png", "sheet-losses.png", "close-losses.png", LIST} <= names(out)
    (out / "sheet-mine.png").write_bytes(b"mine")
    with (out / "report.md").open("a", encoding="utf-8") as report:
        report.write("a remark\n")
    for folder in cases.glob("*-losses"):
        shutil.rmtree(folder)
    (cases / "cases.json").unlink()
    assert cli(*command, "--force").code == 0
    assert {"sheet-mine.png", "report.md"} <= names(out)
    assert not {"sheet-losses.png", "close-losses.png"} & names(out)
    listed = json.loads((out / LIST).read_text("utf-8"))["files"]
    assert listed.keys() == names(out) - {LIST, "sheet-mine.png"}
    assert listed["means.csv"] == hashlib.sha256((out / "means.csv").read_bytes()).hexdigest()


def test_the_key_of_a_blind_test_is_never_removed(cases: Path, tmp_path: Path, cli) -> None:
    out = tmp_path / "out"
    for truth in cases.glob("*-losses/clean.png"):
        truth.unlink()
    command = ("evaluate", cases, "-o", out, "--method", "harmonic", "--method", "telea")
    assert cli(*command).code == 0
    blind = {"key.csv", "tally.csv", "blind.png"}
    assert blind | {"damaged.md"} <= names(out)
    for folder in cases.glob("*-losses"):
        shutil.rmtree(folder)
    (cases / "cases.json").unlink()
    assert cli(*command, "--force").code == 0
    assert blind <= names(out)
    assert "damaged.md" not in names(out)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"files": 3}',
        '{"files": {"../mine": "HASH", "/mine": "HASH", "link/mine": "HASH", "": "HASH"}}',
    ],
)
def test_an_odd_list_removes_nothing(tmp_path: Path, text: str) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"x")
    out = tmp_path / "out"
    out.mkdir()
    (out / "link").symlink_to(tmp_path)
    (out / LIST).write_text(text.replace("HASH", hashlib.sha256(b"x").hexdigest()), "utf-8")
    write_results(out, {"a": b"a"}, force=True, inputs=())
    assert mine.read_bytes() == b"x"
    assert names(out) == {"a", LIST}


def test_pictures_of_a_method_that_is_gone_are_removed(tmp_path: Path, cli, monkeypatch) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    for name in ("first", "second"):
        add_model(tiny_sd(tmp_path / name), name, in_place=True)
    (tmp_path / "prompts.txt").write_text("a field\nthe sea\n", "utf-8")
    (tmp_path / "styles").mkdir()
    Image.new("RGB", (80, 64), (40, 90, 200)).save(tmp_path / "styles" / "a.png")
    out = tmp_path / "out"
    command = ("evaluate-synthesis", tmp_path / "prompts.txt", "--styles", tmp_path / "styles", "-o", out,
               "--side", 64, "--steps", 1, "--device", "cpu")  # fmt: skip
    both = [word for name in ("first", "second") for word in ("--method", f"stable-diffusion:{name}")]
    assert cli(*command, *both).code == 0
    assert cli(*command, *both[:2], "--limit", 1, "--force").code == 0
    pictures = {name for name in names(out) if name.startswith("pictures/")}
    assert pictures == {f"pictures/stable-diffusion-first/0001.{ending}" for ending in ("png", "json")}
    assert not (out / "pictures" / "stable-diffusion-second").exists()


def test_changed_weights_are_found_before_anything_is_filled(
    cases: Path, tmp_path: Path, cli, monkeypatch
) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("imagest_core.evaluation.benchmark._fill", None)
    monkeypatch.setattr("imagest_core.evaluation.synthesis_methods.SynthesisMethod.paint", None)
    add_model(tiny_sd(tmp_path / "sd"), "sd", in_place=True)
    add_model(tiny_lora(tmp_path / "lora.safetensors"), "lora", in_place=True)
    weights = tmp_path / "lora.safetensors"
    data = bytearray(weights.read_bytes())
    data[-3] ^= 0x5A
    weights.write_bytes(data)
    method = ("--method", "harmonic", "--method", "stable-diffusion:sd+lora")
    answer = cli("evaluate", cases, "-o", tmp_path / "out", *method)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "of the model lora was changed or damaged" in answer.err
    (tmp_path / "prompts.txt").write_text("a field\n", "utf-8")
    answer = cli("evaluate-synthesis", tmp_path / "prompts.txt", "--styles", cases / "000-losses",
                 "-o", tmp_path / "out", "--side", 64, "--device", "cpu", *method[2:])  # fmt: skip
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "of the model lora was changed or damaged" in answer.err
    assert not (tmp_path / "out").exists()


def test_methods_that_were_not_named_are_left_out_with_damaged_models(
    tmp_path: Path, cli, monkeypatch
) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    add_model(tiny_sd(tmp_path / "sd"), "sd", in_place=True)
    add_model(tiny_lora(tmp_path / "lora.safetensors"), "lora", in_place=True)
    tiny_lora(tmp_path / "lora.safetensors", seed=3)
    (tmp_path / "prompts.txt").write_text("a field\n", "utf-8")
    (tmp_path / "styles").mkdir()
    Image.new("RGB", (80, 64), (40, 90, 200)).save(tmp_path / "styles" / "a.png")
    answer = cli("evaluate-synthesis", tmp_path / "prompts.txt", "--styles", tmp_path / "styles", "-o",
                 tmp_path / "out", "--side", 64, "--steps", 1, "--device", "cpu")  # fmt: skip
    assert answer.code == 0, answer.err
    assert "stable-diffusion:sd+lora: lora.safetensors of the model lora was changed" in answer.out
    assert (tmp_path / "out" / "pictures" / "stable-diffusion-sd").is_dir()
    assert not (tmp_path / "out" / "pictures" / "stable-diffusion-sd+lora").exists()
