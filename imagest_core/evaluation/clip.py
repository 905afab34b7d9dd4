"""CLIP score: the raw cosine similarity of a picture and its caption."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from imagest_core.arrays import Image8
from imagest_core.errors import ModelError, out_of_memory


def clip_scorer(folder: Path) -> Callable[[Image8, str], float]:
    """Return a function that scores a picture and its caption with the model in ``folder``, −1 to 1.

    Reads safetensors from ``folder`` only. Raises ``ModelError``.
    """
    import torch
    from transformers import AutoTokenizer, CLIPImageProcessor, CLIPModel

    try:
        with _silent():
            model, found = CLIPModel.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, output_loading_info=True
            )
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # loading code raises many kinds for files that don't fit
        if out_of_memory(error):
            raise
        raise ModelError(f"{folder} contains no readable CLIP model.") from error
    if found["missing_keys"] or found["mismatched_keys"]:
        raise ModelError(f"{folder} contains no complete CLIP model: replace it.")
    model.eval()
    side = model.config.vision_config.image_size
    prepare = CLIPImageProcessor(size={"shortest_edge": side}, crop_size={"height": side, "width": side})

    def score(picture: Image8, caption: str) -> float:
        words = tokenizer([caption], return_tensors="pt", truncation=True, max_length=77)
        pixels = prepare(images=picture, return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            answer = model(
                input_ids=words["input_ids"], attention_mask=words["attention_mask"], pixel_values=pixels
            )
        return float((answer.image_embeds * answer.text_embeds).sum())

    return score


@contextmanager
def _silent() -> Iterator[None]:
    """Keep progress bars and what transformers reports of a model's faults off the terminal."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
