"""The network on ONNX Runtime beside torch."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_model import tiny_checkpoint, tiny_network

from imagest_core.errors import InputError, ModelError, OutputError
from imagest_core.messages import Message
from imagest_core.models.backbone import ConditionInputs
from imagest_core.models.checkpoint import save_checkpoint
from imagest_core.models.description import read_description
from imagest_core.models.hardware import Hardware
from imagest_core.models.imagest.backbone import load_backbone
from imagest_core.models.imagest.network import NetworkConfig
from imagest_core.models.onnx.backbone import load_onnx_backbone
from imagest_core.models.onnx.graphs import GRAPHS, MANIFEST, find_graphs, read_graph, read_manifest
from imagest_core.models.onnx.providers import CUDA, choose_provider, refused
from imagest_core.progress import Progress
from resources import resource

EMBEDDED = resource("models", "embedded")
TOLERANCE = 1e-4
CPU = Hardware(torch.device("cpu"), torch.float32)


@pytest.fixture(scope="module")
def other_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the embedded one's sizes with random weights."""
    folder = tmp_path_factory.mktemp("models") / "other"
    network = tiny_network(NetworkConfig.from_json(read_description(EMBEDDED).network), seed=3)
    save_checkpoint(folder, network, name="other", title="Other")
    return folder


def both(folder: Path, strength: float, guidance: float):
    """What torch and ONNX Runtime answer for the same windows."""
    random = np.random.default_rng(1)
    images = random.uniform(-1, 1, (2, 3, 64, 96)).astype(np.float32)
    masks = (random.random((2, 1, 64, 96)) > 0.9).astype(np.float32)
    noise = random.standard_normal((2, 4, 16, 24), np.float32)
    style = random.random((3, 128, 128, 3), np.float32)
    inputs = ConditionInputs(style if strength else None, strength, guidance=guidance)
    times = np.array([999, 30])
    for backbone, kind in (
        (load_backbone(folder, CPU, Progress()), torch.from_numpy),
        (load_onnx_backbone(folder, "cpu", Progress()), np.asarray),
    ):
        with torch.inference_mode():
            encoded = backbone.encode(kind(images), kind(masks))
            condition = backbone.condition(inputs)
            velocity = backbone.denoise(kind(noise), kind(times), encoded, condition)
            filled = backbone.decode(kind(noise), kind(images), kind(masks), encoded)
        yield [np.asarray(each) for each in (encoded.known, encoded.inside, velocity, filled)]


@pytest.mark.parametrize(("strength", "guidance"), [(0.0, 1.0), (1.0, 1.0), (0.5, 2.0)])
def test_the_graphs_answer_as_torch_with_weights_they_were_not_exported_from(
    other_weights, strength, guidance
):
    for expected, found in zip(*both(other_weights, strength, guidance)):
        assert found.dtype == np.float32
        scale = float(np.sqrt(np.square(expected).mean()))
        assert np.abs(expected - found).max() < 20 * TOLERANCE * scale
        assert np.sqrt(np.square(expected - found).mean()) < TOLERANCE * scale


def test_both_runtimes_have_the_same_sizes(other_weights):
    torch_, onnx = load_backbone(EMBEDDED, CPU, Progress()), load_onnx_backbone(EMBEDDED, "cpu", Progress())
    for name in (
        "multiple",
        "latent_channels",
        "latent_factor",
        "style_side",
        "working_size",
        "capabilities",
    ):
        assert getattr(torch_, name) == getattr(onnx, name)
    assert torch_.facts["weights_sha256"] == onnx.facts["weights_sha256"]
    assert str(torch_.facts["runtime"]).startswith("torch ")
    assert str(onnx.facts["runtime"]).startswith("onnxruntime ")


def test_the_embedded_graphs_are_intact_and_hold_no_weights():
    manifest = read_manifest(EMBEDDED / "onnx")
    sizes = [len(read_graph(EMBEDDED / "onnx", part, manifest)) for part in GRAPHS]
    assert sum(sizes) < 600_000
    assert manifest.weights_sha256 == read_description(EMBEDDED).weights_hash
    assert all(graph.check["difference"] <= graph.check["tolerance"] for graph in manifest.graphs.values())


def test_a_model_of_other_sizes_asks_for_its_own_graphs(tmp_path):
    folder = tiny_checkpoint(tmp_path / "toy")
    with pytest.raises(ModelError, match="export-onnx toy --graphs-only"):
        load_onnx_backbone(folder, "cpu", Progress())


def test_a_changed_graph_is_refused(tmp_path):
    shutil.copytree(EMBEDDED / "onnx", tmp_path / "model" / "onnx")
    place, manifest = find_graphs(tmp_path / "model", read_description(EMBEDDED))
    assert place == tmp_path / "model" / "onnx"
    (place / "unet.onnx").write_bytes(b"other")
    with pytest.raises(ModelError, match="changed"):
        read_graph(place, "unet", manifest)


@pytest.mark.parametrize("content", ["[]", "{}", '{"format": 2}', "nonsense"])
def test_an_invalid_manifest_is_refused(tmp_path, content):
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(ModelError, match=MANIFEST):
        read_manifest(tmp_path)


def test_weights_that_do_not_fit_the_graphs_are_refused(tmp_path):
    from safetensors.numpy import load_file, save_file

    from imagest_core.models.file_hash import file_hash

    folder = tmp_path / "model"
    shutil.copytree(EMBEDDED, folder)
    tensors = load_file(folder / "style.safetensors")
    tensors["project.bias"] = tensors["project.bias"][:5].copy()
    save_file(tensors, folder / "style.safetensors")
    description = json.loads((folder / "config.json").read_text())
    description["files"]["style.safetensors"] = file_hash(folder / "style.safetensors")
    (folder / "config.json").write_text(json.dumps(description))
    with pytest.raises(ModelError, match=r"style\.project\.bias"):
        load_onnx_backbone(folder, "cpu", Progress())


def test_a_gpu_that_onnx_runtime_lacks_is_refused():
    import onnxruntime

    if CUDA in onnxruntime.get_available_providers():
        pytest.skip("This ONNX Runtime has CUDA")
    with pytest.raises(InputError, match="onnxruntime-gpu"):
        choose_provider("cuda")


@pytest.mark.slow
def test_an_exported_part_runs_and_is_described(tmp_path):
    from imagest_core.models.onnx.export import ExportOptions, export

    model = tiny_checkpoint(tmp_path / "toy")
    manifest = export(model, tmp_path / "out", ExportOptions(parts=("encoder",)))
    assert manifest.weights == "inside"
    assert manifest.graphs["encoder"].check["difference"] < TOLERANCE
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["encoder.onnx", MANIFEST]
    assert json.loads((tmp_path / "out" / MANIFEST).read_text())["model"] == "toy"
    with pytest.raises(OutputError):
        export(model, tmp_path / "out", ExportOptions(parts=("encoder",)))


@pytest.fixture
def own_graphs(tmp_path: Path) -> Path:
    """A copy of the embedded model with graphs of its own."""
    return Path(shutil.copytree(EMBEDDED, tmp_path / "own"))


def replace_graph(model: Path, part: str, content: bytes) -> None:
    """Replace a graph together with its hash in the manifest."""
    (model / "onnx" / f"{part}.onnx").write_bytes(content)
    path = model / "onnx" / MANIFEST
    manifest = json.loads(path.read_text())
    manifest["graphs"][part]["sha256"] = hashlib.sha256(content).hexdigest()
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize("kind", ["truncated", "random", "empty", "other", "unknown operator"])
def test_a_foreign_graph_whose_hash_matches_is_refused(own_graphs, kind):
    graph = (own_graphs / "onnx" / "style.onnx").read_bytes()
    contents = {
        "truncated": graph[:-4000],
        "random": np.random.default_rng(0).bytes(4000),
        "empty": b"",
        "other": (own_graphs / "onnx" / "encoder.onnx").read_bytes(),
        "unknown operator": graph.replace(b"MatMul", b"MatMux"),
    }
    replace_graph(own_graphs, "style", contents[kind])
    with pytest.raises(ModelError, match="export-onnx") as refused:
        load_onnx_backbone(own_graphs, "cpu", Progress())
    assert "style.onnx" in str(refused.value)
    assert "install the program" not in str(refused.value)


def test_a_manifest_without_weights_is_refused(own_graphs):
    path = own_graphs / "onnx" / MANIFEST
    manifest = json.loads(path.read_text())
    manifest["graphs"]["style"]["weights"] = {}
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=r"style\.onnx.*export-onnx"):
        load_onnx_backbone(own_graphs, "cpu", Progress())


def test_a_graph_with_other_outputs_is_refused_when_it_runs():
    backbone = load_onnx_backbone(EMBEDDED, "cpu", Progress())
    images, masks = np.zeros((1, 3, 64, 64), np.float32), np.zeros((1, 1, 64, 64), np.float32)
    with pytest.raises(ModelError, match=r"encoder\.onnx"):
        backbone.encode(images[..., :60], masks)


def test_lack_of_memory_is_no_fault_of_the_graph():
    for text in ("Failed to allocate memory for requested buffer of size 9", "CUDA failure 700: illegal"):
        with pytest.raises(RuntimeError), refused(Message("The graph is foreign.")):
            raise RuntimeError(text)
    with pytest.raises(ModelError), refused(Message("The graph is foreign.")):
        raise RuntimeError("Protobuf parsing failed")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"graphs": None}, "graphs must be an object"),
        ({"graphs": {}}, "it describes no graph style"),
        ({"graphs": {part: None for part in GRAPHS}}, "it describes no graph style"),
        ({"model": 3}, "model must be text"),
        ({"format": True}, "another format"),
        ({"unknown": 1}, "unknown is unknown"),
    ],
)
def test_a_manifest_with_wrong_values_is_refused_in_plain_words(own_graphs, change, reason):
    path = own_graphs / "onnx" / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ModelError, match=reason):
        read_manifest(own_graphs / "onnx")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_graph_that_is_a_pipe_is_refused(own_graphs):
    path = own_graphs / "onnx" / "style.onnx"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match="regular file"):
        load_onnx_backbone(own_graphs, "cpu", Progress())
