"""Describe pictures in words with a captioning model of the library (BLIP)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from imagest_core.arrays import Image8
from imagest_core.errors import ModelError
from imagest_core.models.hardware import Hardware
from imagest_core.models.stable_diffusion.backbone import IMAGE_MEAN, IMAGE_STD
from imagest_core.models.stable_diffusion.components import quiet

LONGEST_CAPTION = 60
"""Maximum length of a caption in tokens; prompts of Stable Diffusion have 75."""
BEAMS = 3


class Captioner:
    """A BLIP model in a folder, read from local safetensors only. Raises ``ModelError``."""

    def __init__(self, folder: Path, hardware: Hardware) -> None:
        from transformers import AutoTokenizer, BlipForConditionalGeneration

        try:
            with quiet():
                model: Any = BlipForConditionalGeneration.from_pretrained(
                    folder, local_files_only=True, use_safetensors=True
                )
                self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except Exception as error:  # transformers raises many kinds for files that don't fit
            raise ModelError(f"{folder.name} contains no readable captioning model.") from error
        self._model = model.eval().to(hardware.device, hardware.dtype)
        self._hardware = hardware

    def caption(self, picture: Image8) -> str:
        """Return a caption of a picture (h, w, 3) sRGB."""
        side = self._model.config.vision_config.image_size
        resized = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
        scaled = (resized.astype(np.float32) / 255 - IMAGE_MEAN) / IMAGE_STD
        pixels = torch.from_numpy(scaled.transpose(2, 0, 1)[None]).to(
            self._hardware.device, self._hardware.dtype
        )
        with torch.inference_mode(), quiet():
            ids = self._model.generate(
                pixel_values=pixels, max_new_tokens=LONGEST_CAPTION, num_beams=BEAMS, do_sample=False
            )
        text: str = self._tokenizer.decode(ids[0], skip_special_tokens=True)
        return " ".join(text.split())
