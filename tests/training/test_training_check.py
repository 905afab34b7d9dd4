"""The pictures and the model for the training of ``scripts/check_gpu.sh``."""

from pathlib import Path

from imagest_core.models.identity import Family, identify
from imagest_core.training.style_examples import load_picture_sets
from scripts.make_training_check import main


def test_its_pictures_can_be_split_and_its_model_is_recognised(tmp_path: Path) -> None:
    main(tmp_path, "small")
    sets = load_picture_sets([tmp_path / "pictures"])
    assert len(sets.training) > len(sets.held_out) > 0
    assert identify(tmp_path / "model").family is Family.SD1
