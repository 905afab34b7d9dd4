"""Models in a single file load offline, with the sizes that the file has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tiny_models import tiny_sd, tiny_single_file, tiny_vae_file

from imagest_core.errors import ModelError
from imagest_core.models.clip_tokenizer import write_tokenizer
from imagest_core.models.identify import identify
from imagest_core.models.identity import Family, Identity, ModelKind
from imagest_core.models.model_configs import config_folder

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

PIPELINE = Identity(ModelKind.PIPELINE, Family.SD1, "file", input_channels=4, files=("a",))


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))


@pytest.mark.parametrize("inpainting", [False, True], ids=["plain", "inpainting"])
@pytest.mark.parametrize("family", ["sd1", "sd2", "sdxl"])
def test_a_single_file_loads_to_the_weights_of_its_folder(tmp_path: Path, family: str, inpainting: bool):
    import diffusers

    folder = tiny_sd(tmp_path / "folder", inpainting, family)
    path = tiny_single_file(tmp_path / "no-hint.safetensors", inpainting, family)
    config = config_folder(identify(path))
    name = json.loads((config / "model_index.json").read_text())["_class_name"]
    assert name == json.loads((folder / "model_index.json").read_text())["_class_name"]
    options = {} if family == "sdxl" else {"safety_checker": None}
    single = getattr(diffusers, name).from_single_file(
        path, config=str(config), local_files_only=True, **options
    )
    both = diffusers.DiffusionPipeline.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    for part in ("unet", "vae", "text_encoder", *(["text_encoder_2"] if family == "sdxl" else [])):
        one, other = getattr(single, part).state_dict(), getattr(both, part).state_dict()
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)
    assert type(single.scheduler) is type(both.scheduler)
    text = "a painting of the sea, café"
    assert single.tokenizer(text)["input_ids"] == both.tokenizer(text)["input_ids"]


@pytest.mark.parametrize(
    ("family", "unet", "texts"),
    [("sd1", 859.52, [123.06]), ("sd2", 865.91, [340.39]), ("sdxl", 2567.46, [123.06, 694.66])],
)
def test_the_shipped_configurations_have_the_published_sizes(family: str, unet: float, texts: list[float]):
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    folder = config_folder(Identity(ModelKind.PIPELINE, Family(family), "file", 4, files=("a",)))
    with torch.device("meta"):
        models = [
            UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(folder / "unet")),
            AutoencoderKL.from_config(AutoencoderKL.load_config(folder / "vae")),
            CLIPTextModel(CLIPTextConfig.from_pretrained(folder / "text_encoder")),
        ]
        if family == "sdxl":
            second = CLIPTextConfig.from_pretrained(folder / "text_encoder_2")
            models.append(CLIPTextModelWithProjection(second))
    millions = [sum(each.numel() for each in model.parameters()) / 1e6 for model in models]
    assert millions == pytest.approx([unet, 83.65, *texts], abs=0.01)


def test_the_tokenizer_is_clips(tmp_path: Path):
    from transformers import CLIPTokenizer

    write_tokenizer(tmp_path)
    tokenizer = CLIPTokenizer.from_pretrained(tmp_path)
    assert len(tokenizer) == 49408
    assert tokenizer("a photo of a cat")["input_ids"] == [49406, 320, 1125, 539, 320, 2368, 49407]
    assert tokenizer.pad_token == "<|endoftext|>"


def test_the_prediction_and_the_channels_of_the_model_count():
    stated = Identity(ModelKind.PIPELINE, Family.SD2, "file", 9, prediction="epsilon", files=("a",))
    folder = config_folder(stated)
    assert json.loads((folder / "unet" / "config.json").read_text())["in_channels"] == 9
    scheduler = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())
    assert scheduler["prediction_type"] == "epsilon"
    assert config_folder(stated) == folder, "made once"


def test_an_autoencoder_in_a_file_loads(tmp_path: Path):
    from diffusers import AutoencoderKL

    path = tiny_vae_file(tmp_path / "vae.safetensors")
    config = config_folder(identify(path))
    vae = AutoencoderKL.from_single_file(path, config=str(config), subfolder="vae", local_files_only=True)
    assert vae.config.block_out_channels == [32, 32, 32, 32]


def test_a_family_without_configuration_is_refused():
    with pytest.raises(ModelError, match="no configuration"):
        config_folder(Identity(ModelKind.PIPELINE, Family.FLUX, "file", 384, files=("a",)))
