"""The pictures for the training of ``scripts/check_gpu.sh``."""

from pathlib import Path

from imagest_core.training.style_examples import load_picture_sets
from scripts.make_training_check import write_pictures


def test_pictures_are_split_into_training_and_held_out(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    sets = load_picture_sets([tmp_path])
    assert len(sets.training) > len(sets.held_out) > 0
