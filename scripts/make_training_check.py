"""Write a base model with random weights and a few pictures, for the training of ``check_gpu.sh``.

python -m scripts.make_training_check FOLDER full|small
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

import resources
from imagest_core.evaluation.random_models import random_model
from imagest_core.painting.picture_files import write_picture
from imagest_core.painting.reader import open_painting

COUNT = 20
"""Pictures; the training holds out some of 17 or more of these names."""


def main(folder: Path, size: str) -> None:
    _, parts = random_model(torch.float16, torch.device("cpu"), small=size == "small")
    parts.holder.save_pretrained(folder / "model")
    write_pictures(folder / "pictures")


def write_pictures(folder: Path) -> None:
    with open_painting(resources.sample_painting()) as painting:
        picture = np.clip(painting.read_working(painting.box) * 255, 0, 255).astype(np.uint8)
    side = min(picture.shape[:2]) * 2 // 3
    rng = np.random.default_rng(0)
    style = folder / "Sample"
    style.mkdir(parents=True)
    for number in range(COUNT):
        top, left = (int(rng.integers(0, length - side)) for length in picture.shape[:2])
        crop = np.roll(picture[top : top + side, left : left + side], number, axis=2)
        write_picture(style / f"someone_picture-{number}.png", crop)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
