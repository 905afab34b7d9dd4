"""Handmade runs for the canvas: boxes of one value, like the fills of a restoration."""

from __future__ import annotations

import numpy as np

from imagest_core.damage.map import DamageMap, tile_box
from imagest_core.damage.regions import find_regions
from imagest_core.painting.geometry import Box
from imagest_core.project.run import Run
from imagest_core.project.run_builder import held, region_table
from imagest_core.project.run_tile import RunTile


def filled_run(number: int, boxes: list[Box], value: int, size: tuple[int, int]) -> Run:
    """A run that fills ``boxes`` of a 16-bit RGB painting of ``size`` with ``value``."""
    dilated = DamageMap(*size)
    for box in boxes:
        dilated.write(box, np.ones((box.height, box.width), np.uint8))
    regions = find_regions(dilated)
    tiles = {}
    for key in dilated.tiles():
        cell = tile_box(key).within(dilated.box)
        labels = np.asarray(regions.labels(cell)).astype(np.uint32)
        samples = np.where(labels[..., None] > 0, np.uint16(value), np.uint16(0)).astype(np.uint16)
        tiles[key] = RunTile(cell, np.repeat(samples, 3, 2) if samples.shape[2] == 1 else samples, labels)
    table = region_table(tiles, regions, size[0])
    return Run(
        id=number,
        time="2024-01-01T00:00:00+00:00",
        engine="harmonic",
        model="",
        seed=0,
        variation=0,
        count=len(table),
        pixels=int(table["area"].sum()),
        box=dilated.bounds(),
        content=held("{}", table, tiles),
    )
