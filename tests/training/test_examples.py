from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from imagest_core.errors import InputError
from imagest_core.training.damage_simulation import DamageMix, simulate_mask
from imagest_core.training.examples import DamagedCrops, fixed_batch
from imagest_core.training.images import held_out, list_pictures, load_maps, load_works, random_crop, work_of


def test_each_work_is_in_one_split_only(pictures: Path) -> None:
    kept, aside = load_works([pictures])
    assert len(kept) + len(aside) == 24
    assert not set(kept.works) & set(aside.works)


def test_about_fifteen_percent_are_held_out_by_name() -> None:
    share = np.mean([held_out(f"{k:04d}") for k in range(4000)])
    assert 0.13 < share < 0.17
    assert work_of("native/0012-3.webp") == work_of("whole/0012.webp") == "0012"


def test_tar_folder_and_single_pictures_are_equivalent(pictures: Path, tmp_path: Path) -> None:
    archive, files = tmp_path / "works.tar", sorted(pictures.iterdir())
    with tarfile.open(archive, "w") as tar:
        for path in files:
            tar.add(path, path.name)
    folder = load_works([pictures])[0]
    for sources in ([archive], files):
        works = load_works(sources)[0]
        assert folder.works == works.works
        assert all(np.array_equal(a, b) for a, b in zip(folder.pictures, works.pictures))
        assert [picture.name for picture in list_pictures(sources)] == [path.name for path in files]


def test_source_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a picture nor a folder or tar"):
        load_works([tmp_path / "nothing.tar"])
    with pytest.raises(InputError, match="too few"):
        load_works([tmp_path])


def test_examples_are_deterministic(pictures: Path, maps: Path) -> None:
    works = load_works([pictures])[0]
    first, second = (DamagedCrops(works, load_maps(maps), 32, style_side=32, seed=5) for _ in range(2))
    for part, again in zip(first[17], second[17]):
        assert torch.equal(part, again)
    assert not torch.equal(first[17][0], first[18][0])


def test_batch_shapes(pictures: Path, maps: Path) -> None:
    batch = fixed_batch(DamagedCrops(load_works([pictures])[0], load_maps(maps), 64, style_side=32), 3)
    assert batch.clean.shape == (3, 3, 64, 64)
    assert batch.mask.shape == (3, 1, 64, 64)
    assert batch.style.shape == (3, 3, 32, 32)
    assert batch.clean.min() >= -1
    assert batch.clean.max() <= 1
    assert set(batch.mask.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize(
    "mix",
    [DamageMix(1, 0, 0, 0), DamageMix(0, 1, 0, 0), DamageMix(0, 0, 1, 0), DamageMix(0, 0, 0, 1)],
    ids=["cracks", "lacunae", "strokes", "large"],
)
def test_every_kind_of_damage_leaves_known_pixels(mix: DamageMix, maps: Path) -> None:
    rng = np.random.default_rng(0)
    for craquelure in (load_maps(maps), ()):
        shares = [simulate_mask(64, rng, craquelure, mix).mean() for _ in range(20)]
        assert min(shares) >= 0.01
        assert max(shares) <= 0.6


def test_a_crop_of_a_small_picture_is_enlarged() -> None:
    assert random_crop(np.zeros((20, 30, 3), np.uint8), 64, np.random.default_rng(0)).shape == (64, 64, 3)
