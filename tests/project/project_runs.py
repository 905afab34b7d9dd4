"""Synthetic runs: boxes of one value, as if filled by a restoration."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from imagest_core.damage.map import DamageMap, TileKey, tile_box
from imagest_core.damage.regions import Regions, find_regions
from imagest_core.painting.geometry import Box
from imagest_core.project.run import Run
from imagest_core.project.run_builder import held, region_table
from imagest_core.project.run_tile import RunTile

MakeRun = Callable[..., Run]


def run_filling(
    number: int,
    boxes: list[Box],
    value: int,
    size: tuple[int, int],
    like: tuple[int, type] = (3, np.uint16),
    *,
    variation: int = 0,
    record: str = '{"seed":7}',
) -> Run:
    """Return a run with ``boxes`` of a painting of ``size`` filled with samples of one ``value``."""
    dilated = DamageMap(*size)
    for box in boxes:
        dilated.write(box, np.ones((box.height, box.width), np.uint8))
    regions = find_regions(dilated)
    tiles = {key: _tile(key, regions, dilated.box, value, like) for key in dilated.tiles()}
    table = region_table(tiles, regions, dilated.width)
    content = held(record, table, tiles)
    pixels = int(table["area"].sum())
    return Run(
        number,
        "2026-05-01T10:00:00",
        "telea",
        "",
        7,
        variation,
        len(table),
        pixels,
        dilated.bounds(),
        content,
    )


def _tile(key: TileKey, regions: Regions, picture: Box, value: int, like: tuple[int, type]) -> RunTile:
    whole = tile_box(key).within(picture)
    tight = Box(*cv2.boundingRect((regions.labels(whole) > 0).astype(np.uint8)))
    box = tight.moved(whole.x, whole.y)
    labels = regions.labels(box).astype(np.uint32)
    samples = (labels > 0)[..., None] * np.full(like[0], value, like[1])
    return RunTile(box, samples.astype(like[1]), labels)
