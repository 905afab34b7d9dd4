"""Stable Diffusion on ONNX Runtime beside torch: real classes at toy size."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from scans import damage_of, smooth_picture, write_scan
from tiny_models import tiny_sd

from imagest_core.errors import ImagestError, InputError, ModelError, OutputError
from imagest_core.models.cache import loaded_models
from imagest_core.models.hardware import Hardware
from imagest_core.models.identify import identify
from imagest_core.models.identity import Family, ModelKind
from imagest_core.models.installed import find_installed
from imagest_core.models.library import add_model
from imagest_core.models.onnx import export_diffusion as exporting
from imagest_core.models.onnx.diffusion import dilated, load_onnx_diffusion, touched_latents
from imagest_core.models.onnx.diffusion_manifest import MANIFEST, read_manifest
from imagest_core.models.stable_diffusion.backbone import dilated_latents
from imagest_core.models.weights_hash import weights_hash
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Progress
from imagest_core.restoration.api import restore
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.planning.window import Window, WindowView
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.validation import check_request

ROOT = Path(__file__).resolve().parents[2]
SIDE = 64
PROMPT = "a red cloak with gold, "
SOLVERS = ("unipc", "dpm++2m-karras", "ddim", "lcm")
slow = pytest.mark.slow


def exported(folder: Path, precision: str = "float32", **values) -> Path:
    """Export a model of toy size to ``folder / "graphs"``; the model itself is beside it."""
    tiny_sd(folder / "model", **values)
    exporting.export_diffusion(find_installed(str(folder / "model")), folder / "graphs", precision)
    return folder


@pytest.fixture(scope="module")
def inpainting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of nine channels and its graphs, one with its weights in a file of their own."""
    folder, largest = tmp_path_factory.mktemp("inpainting"), exporting.LARGEST_FILE
    exporting.LARGEST_FILE = 2_000_000
    try:
        yield exported(folder, inpainting=True)
    finally:
        exporting.LARGEST_FILE = largest
        loaded_models.clear()


def view_of_hole() -> WindowView:
    image = smooth_picture(SIDE, SIDE) * np.float32(0.5) + np.float32(0.2)
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[20:44, 16:50] = True
    image[mask] = 0
    return WindowView(Window(1, Box(0, 0, SIDE, SIDE)), image, mask)


def filled(model: Path, **values) -> np.ndarray:
    values = {"steps": 4, "detail": 0.0, "device": "cpu", **values}
    request = RestorationRequest.of("stable-diffusion", model=str(model), **values)
    check_request(request)
    with get_engine("stable-diffusion").open(request, None) as session:
        return session.fill([view_of_hole()], Progress())[0].image


def compare(folder: Path, monkeypatch: pytest.MonkeyPatch, tolerance: float = 1e-4, **values) -> None:
    """Fill a window in both runtimes, torch in float32 as well."""
    hardware = Hardware(torch.device("cpu"), torch.float32)
    monkeypatch.setattr("imagest_core.models.hardware.choose_hardware", lambda device: hardware)
    expected, found = filled(folder / "model", **values), filled(folder / "graphs", **values)
    mask = view_of_hole().mask
    assert np.array_equal(found[~mask], view_of_hole().image[~mask])
    assert np.abs(expected - found).max() < tolerance
    assert np.array_equal(found, filled(folder / "graphs", **values))


@slow
@pytest.mark.parametrize("scheduler", SOLVERS)
@pytest.mark.parametrize("prompt", ["", PROMPT, PROMPT * 30])
def test_a_fill_is_that_of_torch(
    inpainting: Path, monkeypatch: pytest.MonkeyPatch, scheduler: str, prompt: str
) -> None:
    compare(inpainting, monkeypatch, scheduler=scheduler, prompt=prompt, negative_prompt="blue", guidance=3.0)
    compare(inpainting, monkeypatch, scheduler=scheduler, prompt=prompt, strength=0.5)


@slow
def test_windows_are_joined_as_in_torch(
    inpainting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hardware = Hardware(torch.device("cpu"), torch.float32)
    monkeypatch.setattr("imagest_core.models.hardware.choose_hardware", lambda device: hardware)
    mask = np.zeros((240, 260), np.bool_)
    mask[50:190, 50:210] = True
    path = write_scan(tmp_path / "scan.tif", smooth_picture(240, 260), 16)
    found = []
    for name in ("model", "graphs"):
        values = {"model": str(inpainting / name), "steps": 2, "scheduler": "ddim"}
        values |= {"detail": 0.0, "device": "cpu"}
        with open_painting(path) as painting:
            result = restore(
                painting, damage_of(mask), RestorationRequest.of("stable-diffusion", **values), None
            )
        assert any("joined" in window.notes for window in result.record.windows)
        found.append([fill.values for fill in result.fills])
    for one, other in zip(*found, strict=True):
        assert np.abs(one - other).max() < 1e-3


@slow
def test_text_and_seed_change_the_fill(inpainting: Path) -> None:
    plain = filled(inpainting / "graphs")
    for values in ({"seed": 1}, {"prompt": PROMPT}, {"prompt": PROMPT, "negative_prompt": "blue"}):
        assert not np.array_equal(plain, filled(inpainting / "graphs", **values))
    assert np.array_equal(plain, filled(inpainting / "graphs", batch=4))


@slow
def test_the_folder_is_recognised_and_described(inpainting: Path) -> None:
    identity, manifest = identify(inpainting / "graphs"), read_manifest(inpainting / "graphs")
    assert (identity.kind, identity.family) == (ModelKind.ONNX_PIPELINE, Family.SD1)
    assert identity.inpainting
    assert manifest.input_channels == 9
    assert manifest.weights_sha256
    assert {"unet.onnx", "unet.onnx.data", "tokenizer/vocab.json"} <= set(identity.files)
    assert not (inpainting / "graphs" / "encoder.onnx.data").exists()
    assert all(0 <= each["difference"] <= each["tolerance"] for each in manifest.checks.values())
    assert all(each["maximum"] > 0 for each in manifest.checks.values())
    texts = b"".join(path.read_bytes() for path in (inpainting / "graphs").glob("*.onnx"))
    assert b"site-packages" not in texts


@slow
def test_it_restores_where_torch_is_not_installed(inpainting: Path, tmp_path: Path) -> None:
    scan, mask = tmp_path / "scan.tif", tmp_path / "mask.tif"
    picture = (smooth_picture(200, 180) * 255).astype(np.uint8)
    hole = np.zeros((200, 180), np.uint8)
    hole[60:140, 40:120] = 255
    tifffile.imwrite(scan, picture, photometric="rgb")
    tifffile.imwrite(mask, hole)
    script = ["tests/support/diffusion_without_torch.py", inpainting / "graphs", scan, mask, tmp_path]
    done = subprocess.run(
        [sys.executable, *map(str, script)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    for sentence in ("takes no adapters", "ONNX graphs already"):
        assert sentence in done.stderr
    results = [tifffile.imread(tmp_path / f"{solver}.tif") for solver in SOLVERS]
    outside = np.ones(hole.shape, np.bool_)
    outside[58:142, 38:122] = False
    for result in results:
        assert np.array_equal(result[outside], picture[outside])
        assert not np.array_equal(result, picture)
    assert (tmp_path / "plain.tif").read_bytes() == (tmp_path / "again.tif").read_bytes()
    record = json.loads((tmp_path / "ddim.tif.json").read_text(encoding="utf-8"))
    assert record["engine"]["facts"]["runtime"].startswith("onnxruntime")
    assert "torch" not in record["environment"]["libraries"]


@slow
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"runtime": "torch"}, "leave out --runtime"),
        ({"adapters": "x"}, "takes no adapters"),
        ({"study": "x"}, "takes no study"),
    ],
)
def test_what_graphs_can_t_do_is_refused(inpainting: Path, values: dict[str, str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        filled(inpainting / "graphs", **values)


@slow
def test_neither_adapters_nor_a_study_are_offered(inpainting: Path) -> None:
    engine = get_engine("stable-diffusion")
    for name, offered in (("model", True), ("graphs", False)):
        parameters = RestorationRequest.of("stable-diffusion", model=str(inpainting / name)).parameters
        for each in ("adapters", "study"):
            assert (parameters.specs()[each].requires in engine.capabilities(parameters)) is offered


@slow
def test_the_style_branch_and_synthesis_are_refused(inpainting: Path) -> None:
    request = RestorationRequest.of("imagest-sd", model=str(inpainting / "graphs"))
    with pytest.raises(ModelError, match="runs in PyTorch only"):
        check_request(request)
    parameters = RestorationRequest.of("stable-diffusion", model=str(inpainting / "graphs")).parameters
    with pytest.raises(InputError, match="can't synthesize pictures"):
        get_engine("stable-diffusion").open_synthesis(parameters, "cpu", None, Progress())


@slow
def test_damaged_graphs_are_refused(inpainting: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = Path(shutil.copytree(inpainting / "graphs", tmp_path / "graphs"))
    with (folder / "unet.onnx.data").open("r+b") as file:
        file.write(b"changed")
    with pytest.raises(ModelError, match="was changed after it was exported"):
        add_model(folder)
    (folder / "encoder.onnx").write_bytes((folder / "decoder.onnx").read_bytes())
    with pytest.raises(ModelError, match=r"encoder\.onnx"):
        filled(folder)
    (folder / "decoder.onnx").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match=r"decoder\.onnx"):
        filled(folder)
    (folder / "decoder.onnx").unlink()
    with pytest.raises(ModelError, match="incomplete"):
        identify(folder)


@slow
@pytest.mark.parametrize("installed", [False, True])
@pytest.mark.parametrize("name", ["text_encoder.onnx", "tokenizer/vocab.json", "unet.onnx.data"])
def test_a_file_that_isn_t_that_of_the_export_is_never_used(
    inpainting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, installed: bool
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = Path(shutil.copytree(inpainting / "graphs", tmp_path / "graphs"))
    if installed:
        folder = add_model(folder).path
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    loaded_models.clear()
    with pytest.raises(ModelError, match=rf"{name} was changed after it was exported"):
        filled(Path("graphs") if installed else folder, prompt=PROMPT)


@slow
def test_the_record_names_the_weights_that_ran(
    inpainting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    given = find_installed(str(inpainting / "graphs"))
    added = add_model(inpainting / "graphs")
    for model in (given, added):
        backbone = load_onnx_diffusion(model, "cpu", Progress())
        assert backbone.facts["weights_sha256"] == weights_hash(model) == weights_hash(given)


@slow
@pytest.mark.parametrize("damage", ["missing", "description"])
def test_a_broken_folder_is_named_where_torch_is_not_installed(
    inpainting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    folder = Path(shutil.copytree(inpainting / "graphs", tmp_path / "graphs"))
    if damage == "missing":
        (folder / "decoder.onnx").unlink()
    else:
        (folder / MANIFEST).write_bytes(b"")
    for module in ("imagest_core.models.runtime", "imagest_core.restoration.validation"):
        monkeypatch.setattr(f"{module}.is_installed", lambda runtime: runtime != "torch")
    request = RestorationRequest.of("stable-diffusion", model=str(folder))
    with pytest.raises(ModelError, match=r"decoder\.onnx is missing|isn't valid JSON"):
        check_request(request)


@slow
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 2}, "another format"),
        ({"family": "flux"}, "family must be one of"),
        ({"alphas_cumprod": [2.0, 3.0]}, "alphas_cumprod"),
        ({"files": {"../x": "0" * 64}}, "relative paths"),
        ({"files": {}}, "files lacks"),
        ({"tokenizers": []}, "one for each text encoder"),
        ({"tokenizers": [{"folder": 3}]}, "a folder and tokens"),
        ({"input_channels": 5}, "four- or nine-channel"),
        ({"multiple": True}, "whole number"),
        ({"multiple": 7}, "multiple of latent_factor"),
        ({"latent_factor": 3}, "multiple of latent_factor"),
        ({"sample_size": 1_000_000}, "sample_size is larger"),
        ({"unknown": 1}, "unknown is unknown"),
    ],
)
def test_an_invalid_description_is_refused(
    inpainting: Path, tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    stored = json.loads((inpainting / "graphs" / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps({**stored, **change}))
    with pytest.raises(ModelError, match=reason):
        identify(tmp_path)


@slow
def test_an_existing_folder_and_too_great_a_difference_are_refused(
    inpainting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = find_installed(str(inpainting / "model"))
    with pytest.raises(OutputError, match="exists already"):
        exporting.export_diffusion(model, inpainting / "graphs")
    monkeypatch.setattr(exporting, "TOLERANCES", {"float32": 0.0})
    with pytest.raises(ImagestError, match="differs from torch"):
        exporting.export_diffusion(model, tmp_path / "out")
    assert not list(tmp_path.iterdir())


@slow
def test_stable_diffusion_2_in_float16_is_near_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = exported(tmp_path, "float16", family="sd2", prediction="v_prediction")
    compare(folder, monkeypatch, 0.02, prompt=PROMPT)
    assert (folder / "graphs" / "unet.onnx").stat().st_size < 2_200_000


@slow
def test_stable_diffusion_xl_is_near_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = exported(tmp_path, family="sdxl")
    compare(folder, monkeypatch, prompt=PROMPT, negative_prompt="blue")
    compare(folder, monkeypatch)


def test_masks_of_latents_are_those_of_torch() -> None:
    masks = (np.random.default_rng(0).random((2, 1, 64, 96)) > 0.99).astype(np.float32)
    expected = dilated_latents(torch.from_numpy(masks), 8).numpy()
    assert np.array_equal(dilated(touched_latents(masks, 8)), expected)
