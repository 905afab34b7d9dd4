"""Models are recognised by their content; what can't be used is refused with one sentence."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from tiny_model import tiny_checkpoint
from tiny_models import (
    tiny_ip_adapter,
    tiny_lora,
    tiny_sd,
    tiny_single_file,
    tiny_textual_inversion,
    tiny_vae,
    tiny_vae_file,
)

from imagest_core.errors import ModelError
from imagest_core.models.architecture import open_clip_sizes
from imagest_core.models.backbone import Capability
from imagest_core.models.identify import identify
from imagest_core.models.identity import Family, Identity, ModelKind, fits, from_json
from imagest_core.models.safetensors_header import read_header
from resources import resource

FULL = [(family, inpainting) for family in ("sd1", "sd2", "sdxl") for inpainting in (False, True)]


@pytest.mark.parametrize(("family", "inpainting"), FULL)
def test_full_models_in_both_layouts(tmp_path: Path, family: str, inpainting: bool):
    folder = identify(tiny_sd(tmp_path / "some name", inpainting, family))
    file = identify(tiny_single_file(tmp_path / "anything.safetensors", inpainting, family))
    for identity in (folder, file):
        assert (identity.kind, identity.family) == (ModelKind.PIPELINE, Family(family))
        assert identity.input_channels == (9 if inpainting else 4)
        assert identity.inpainting is inpainting
        assert Capability.TEXT in identity.capabilities
        assert from_json(json.loads(json.dumps(identity.to_json()))) == identity
    stem = "StableDiffusionXL" if family == "sdxl" else "StableDiffusion"
    assert folder.pipeline_class == f"{stem}{'Inpaint' if inpainting else ''}Pipeline"
    assert (folder.layout, file.layout, file.pipeline_class) == ("folder", "file", "")
    assert "unet/diffusion_pytorch_model.safetensors" in folder.files
    assert file.files == ("anything.safetensors",)


def test_the_prediction_is_read_where_it_is_stated(tmp_path: Path):
    assert (
        identify(tiny_sd(tmp_path / "v", family="sd2", prediction="v_prediction")).prediction
        == "v_prediction"
    )
    path = tiny_single_file(tmp_path / "two.safetensors", family="sd2")
    assert identify(path).prediction == "v_prediction", "what most models of this family predict"
    assert identify(tiny_single_file(tmp_path / "in.safetensors", True, "sd2")).prediction == "epsilon"
    restated = _with_metadata(path, {"modelspec.prediction_type": "epsilon"})
    assert identify(restated).prediction == "epsilon"


def _with_metadata(path: Path, metadata: dict[str, str]) -> Path:
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length]) | {"__metadata__": metadata}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])
    return path


def test_adapters_and_parts(tmp_path: Path):
    expected = {
        tiny_lora(tmp_path / "a.safetensors"): ModelKind.LORA,
        tiny_lora(tmp_path / "b.safetensors", kohya=True): ModelKind.LORA,
        tiny_textual_inversion(tmp_path / "c.safetensors"): ModelKind.TEXTUAL_INVERSION,
        tiny_textual_inversion(tmp_path / "d.safetensors", family="sdxl"): ModelKind.TEXTUAL_INVERSION,
        tiny_ip_adapter(tmp_path / "e"): ModelKind.IP_ADAPTER,
        tiny_vae(tmp_path / "f"): ModelKind.VAE,
        tiny_vae(tmp_path / "g", asymmetric=True): ModelKind.VAE,
        tiny_vae_file(tmp_path / "h.safetensors"): ModelKind.VAE,
        tiny_checkpoint(tmp_path / "i"): ModelKind.IMAGEST,
    }
    identities = {path.stem: identify(path) for path in expected}
    assert [each.kind for each in identities.values()] == list(expected.values())
    assert identities["g"].details["class"] == "AsymmetricAutoencoderKL"
    assert identities["e"].files[0] == "ip-adapter.safetensors"
    assert "image_encoder/model.safetensors" in identities["e"].files
    assert identities["d"].family is Family.SDXL
    assert identities["c"].details["token"] == "<tiny-style>"
    assert identities["i"].inpainting


@pytest.mark.parametrize(("width", "family"), [(768, "sd1"), (1024, "sd2"), (2048, "sdxl"), (640, "other")])
def test_the_family_of_a_lora_is_the_width_of_its_text(tmp_path: Path, width: int, family: str):
    stem = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
    tensors = {f"{stem}.lora_down.weight": np.zeros((4, width)), f"{stem}.lora_up.weight": np.zeros((320, 4))}
    save_file(tensors, tmp_path / "lora.safetensors")
    identity = identify(tmp_path / "lora.safetensors")
    assert (identity.family, identity.details["rank"]) == (family, "4")


def test_an_adapter_fits_models_of_its_width(tmp_path: Path):
    model = identify(tiny_sd(tmp_path / "model"))
    assert fits(identify(tiny_lora(tmp_path / "a.safetensors")), model)
    assert not fits(identify(tiny_lora(tmp_path / "b.safetensors", family="sdxl")), model)
    assert not fits(Identity(ModelKind.LORA, Family.SDXL, "file", files=("a",)), model)


def test_a_language_model_and_our_style_adapters(tmp_path: Path):
    _part(tmp_path / "gpt", {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2"})
    assert identify(tmp_path / "gpt").kind is ModelKind.LANGUAGE_MODEL
    _part(tmp_path / "style", {"kind": "style-adapter", "family": "sd1", "context": 768})
    identity = identify(tmp_path / "style")
    assert (identity.kind, identity.family) == (ModelKind.STYLE_ADAPTER, Family.SD1)
    assert identity.capabilities == {Capability.STYLE}


def test_other_families_are_recognised_as_folders(tmp_path: Path):
    index = {
        "_class_name": "FluxFillPipeline",
        "transformer": ["diffusers", "FluxTransformer2DModel"],
        "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    }
    _part(tmp_path / "transformer", {"in_channels": 384})
    (tmp_path / "scheduler").mkdir()
    scheduler = {"_class_name": "FlowMatchEulerDiscreteScheduler"}
    (tmp_path / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    identity = identify(tmp_path)
    assert (identity.family, identity.prediction, identity.input_channels) == (Family.FLUX, "flow", 384)
    assert identity.inpainting


def _part(folder: Path, config: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    save_file({"weight": np.zeros((2, 2), np.float32)}, folder / "model.safetensors")
    return folder


# What is refused


def test_pickled_weights_are_refused_whatever_their_name(tmp_path: Path):
    import pickle

    pickled = pickle.dumps({"a": 1})
    for name, content in (("a.ckpt", b"x"), ("b.safetensors", pickled), ("c.safetensors", b"PK\x03\x04rest")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelError, match=r"is pickled, which may run code .* get the \.safetensors"):
            identify(tmp_path / name)


def test_graphs_of_the_network_for_other_programs_say_what_they_are(tmp_path: Path):
    shutil.copytree(resource("models", "embedded") / "onnx", tmp_path / "graphs")
    with pytest.raises(ModelError, match="ONNX graphs of an Imagest network for other programs"):
        identify(tmp_path / "graphs")


def test_a_pipeline_with_pickled_weights_only_is_refused(tmp_path: Path):
    folder = tiny_sd(tmp_path / "model")
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(ModelError, match=r"diffusion_pytorch_model\.bin is pickled"):
        identify(folder)


@pytest.mark.parametrize("index", [{"vae": ["own_code", "Vae"]}, {"_class_name": ["own", "Pipeline"]}])
def test_a_pipeline_with_code_of_its_own_is_refused(tmp_path: Path, index: dict[str, Any]):
    folder = tiny_sd(tmp_path / "model")
    stored = json.loads((folder / "model_index.json").read_text()) | index
    (folder / "model_index.json").write_text(json.dumps(stored))
    with pytest.raises(ModelError, match="needs code of its own"):
        identify(folder)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path):
    folder = tiny_sd(tmp_path / "model")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    shutil.move(weights, tmp_path / "elsewhere.safetensors")
    weights.symlink_to(tmp_path / "elsewhere.safetensors")
    with pytest.raises(ModelError, match="outside its folder"):
        identify(folder)


def test_links_inside_a_download_cache_are_followed(tmp_path: Path):
    folder = tiny_sd(tmp_path / "models--a--b" / "snapshots" / "abc")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    (tmp_path / "models--a--b" / "blobs").mkdir()
    shutil.move(weights, tmp_path / "models--a--b" / "blobs" / "123")
    weights.symlink_to("../../../blobs/123")
    assert identify(folder).kind is ModelKind.PIPELINE


def test_incomplete_and_special_models_are_refused(tmp_path: Path):
    folder = tiny_sd(tmp_path / "model")
    shutil.rmtree(folder / "vae")
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    with pytest.raises(ModelError, match="The model empty is incomplete: unet is missing"):
        identify(empty)
    with pytest.raises(ModelError, match=r"^/ contains no model"):
        identify(Path("/"))
    with pytest.raises(ModelError, match="incomplete: vae is missing"):
        identify(folder)
    with pytest.raises(ModelError, match="only one part of a model"):
        identify(folder / "unet")
    for channels, match in ((8, "8 input channels"), (4, "lacks the autoencoder")):
        path = tmp_path / "special.safetensors"
        name = "model.diffusion_model.input_blocks.0.0.weight"
        save_file({name: np.zeros((2, channels, 1, 1), np.float32)}, path)
        with pytest.raises(ModelError, match=match):
            identify(path)


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("model.diffusion_model.double_blocks.0.img_attn.qkv.weight", "belongs to FLUX"),
        ("control_model.input_hint_block.0.weight", "belongs to ControlNet"),
        ("down_blocks.0.resnets.0.conv1.weight", "only one part"),
        ("something.else", "isn't a kind of model"),
    ],
)
def test_unknown_files_are_refused(tmp_path: Path, name: str, match: str):
    save_file({name: np.zeros((3, 3, 3), np.float32)}, tmp_path / "file.safetensors")
    with pytest.raises(ModelError, match=match):
        identify(tmp_path / "file.safetensors")


def test_an_ip_adapter_needs_its_image_encoder(tmp_path: Path):
    folder = tiny_ip_adapter(tmp_path / "ip")
    config = json.loads((folder / "image_encoder" / "config.json").read_text())
    (folder / "image_encoder" / "config.json").write_text(json.dumps(config | {"projection_dim": 99}))
    with pytest.raises(
        ModelError, match="needs an image encoder of the width 24, but the one beside it has 99"
    ):
        identify(folder)
    shutil.rmtree(folder / "image_encoder")
    with pytest.raises(ModelError, match="without its image encoder"):
        identify(folder)


def test_folders_without_a_model_and_with_several(tmp_path: Path):
    with pytest.raises(ModelError, match="contains no model"):
        identify(tmp_path)
    tiny_lora(tmp_path / "a.safetensors")
    tiny_lora(tmp_path / "b.safetensors")
    with pytest.raises(ModelError, match="holds 2 models"):
        identify(tmp_path)
    with pytest.raises(ModelError, match="There is no file"):
        identify(tmp_path / "nothing")


def _file(path: Path, header: object, data: bytes = b"", length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def _tensor(shape: list[Any], offsets: list[Any], dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.mark.parametrize(
    "header",
    [
        b"not json",
        b"\xff\xfe",
        b"[" * 200_000,
        [],
        {"a": _tensor([2], [0, 8]), "b": _tensor([2], [4, 12])},
        {"a": _tensor([1], [0, 4])},
        {"a": _tensor([float("nan")], [0, 8])},
        {"a": _tensor([-2], [0, 8])},
        {"a": _tensor([True, 2], [0, 8])},
        {"a": _tensor([4], [0, 8])},
        {"a": _tensor([2], [0, 8], "PICKLE")},
        {"a": _tensor([2], [0, 8], ["F32"])},
        {"a": _tensor([1 << 40, 1 << 40], [0, 8])},
        {"a": {}},
        {"a": _tensor([2], [0, 8]), "__metadata__": {"a": 1}},
    ],
    ids=str,
)
def test_hostile_headers_are_refused(tmp_path: Path, header: object):
    path = _file(tmp_path / "hostile.safetensors", header, bytes(8))
    with pytest.raises(ModelError, match="isn't an intact safetensors file"):
        read_header(path)


@pytest.mark.parametrize("length", [1 << 62, 200_000_000, 50])
def test_a_header_longer_than_its_file_is_refused(tmp_path: Path, length: int):
    with pytest.raises(ModelError, match="longer than"):
        read_header(_file(tmp_path / "long.safetensors", {}, length=length))


def test_a_shortened_file_is_refused(tmp_path: Path):
    path = tiny_lora(tmp_path / "lora.safetensors")
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelError, match="cut off"):
        identify(path)


@pytest.mark.parametrize(
    "name", ["model.diffusion_model.input_blocks.0.0.weight", "encoder.conv_in.weight"], ids=["unet", "vae"]
)
def test_tensors_of_another_rank_are_refused(tmp_path: Path, name: str):
    tensors = {name: np.zeros((2,), np.float32), "decoder.conv_in.weight": np.zeros((3,), np.float32)}
    tensors["encoder.down.0.block.0.conv1.weight"] = np.zeros((), np.float32)
    save_file(tensors, tmp_path / "file.safetensors")
    with pytest.raises(ModelError, match=r"isn't a kind of model|incomplete autoencoder"):
        identify(tmp_path / "file.safetensors")


def test_the_last_layer_that_stable_diffusion_2_does_not_read_is_left_out():
    shapes = {
        "token_embedding.weight": (100, 1024),
        "positional_embedding": (77, 1024),
        "transformer.resblocks.0.mlp.c_fc.weight": (4096, 1024),
        "transformer.resblocks.23.ln_1.weight": (1024,),
    }
    assert open_clip_sizes(shapes, last=23)["num_hidden_layers"] == 23
    assert open_clip_sizes(shapes)["num_hidden_layers"] == 24


def original_shapes(family: str) -> dict[str, tuple[int, ...]]:
    """The tensors of a full-size model in the original layout, without their weights."""
    import diffusers
    import transformers
    from tiny_models import clip_names, original_open_clip, original_unet, original_vae

    root = Path(__file__).parents[2] / "resources" / "model_configs" / family
    with torch.device("meta"):
        unet = diffusers.UNet2DConditionModel.from_config(_config(root, "unet"))
        vae = diffusers.AutoencoderKL.from_config(_config(root, "vae"))
        first = transformers.CLIPTextModel(transformers.CLIPTextConfig(**_config(root, "text_encoder")))
        parts = {"model.diffusion_model.": original_unet(unet), "first_stage_model.": original_vae(vae)}
        if family == "sd2":
            parts["cond_stage_model.model."] = original_open_clip(first)
        if family == "sd1":
            parts["cond_stage_model.transformer."] = clip_names(first)
        if family == "sdxl":
            config = transformers.CLIPTextConfig(**_config(root, "text_encoder_2"))
            second = transformers.CLIPTextModelWithProjection(config)
            parts["conditioner.embedders.0.transformer."] = clip_names(first)
            parts["conditioner.embedders.1.model."] = original_open_clip(second)
    return {prefix + name: tuple(t.shape) for prefix, part in parts.items() for name, t in part.items()}


def _config(root: Path, part: str) -> dict[str, Any]:
    return json.loads((root / part / "config.json").read_text())


@pytest.mark.parametrize("family", ["sd1", "sd2", "sdxl"])
def test_full_size_models_have_the_sizes_of_the_shipped_configuration(tmp_path: Path, family: str):
    position, header = 0, {}
    for name, shape in original_shapes(family).items():
        size = 2 * int(np.prod(shape))
        header[name] = _tensor(list(shape), [position, position + size], "F16")
        position += size
    path = _file(tmp_path / "full.safetensors", header)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + position)  # a sparse file
    sizes = json.loads(identify(path).details["config"])
    root = Path(__file__).parents[2] / "resources" / "model_configs" / family
    for part, values in sizes.items():
        shipped = _config(root, part)
        for name, value in values.items():
            expected = shipped[name]
            if name == "transformer_layers_per_block" and not isinstance(expected, list):
                expected = [expected] * len(value)
            assert value == expected, (part, name)


@pytest.mark.parametrize(
    ("architecture", "kind"),
    [("BlipForConditionalGeneration", ModelKind.CAPTIONER), ("CLIPModel", ModelKind.CLIP)],
)
def test_models_that_caption_pictures_are_recognised(tmp_path: Path, architecture: str, kind: ModelKind):
    _part(tmp_path / "model", {"architectures": [architecture]})
    assert identify(tmp_path / "model").kind is kind
