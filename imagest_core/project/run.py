"""Runs: what a restoration has filled, region by region, as samples of the painting's own kind.

A run keeps, for every 256 px tile it reaches, the very samples an export would write and the number
of the region each pixel belongs to. So colours survive exactly, a pixel always knows its run, and
accepting one region of ten thousand costs what that region costs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TileKey
from imagest_core.painting.geometry import Box
from imagest_core.project.run_tile import PackedTile, RunTile, unpack

DAMAGED = "Result {} is damaged in the project file: `imagest project rescue` reads what can be read."

REGION = np.dtype(
    [
        ("x", "<i4"),
        ("y", "<i4"),
        ("width", "<i4"),
        ("height", "<i4"),
        ("area", "<i8"),
        ("shape", "<u8"),
    ]
)
"""A filled region: its box and area in px, and a hash of exactly which pixels it is. Regions of two
runs with the same ``shape`` are variations of each other. Region n of a run is row n − 1."""


class RunContent(Protocol):
    """Where the large parts of a run lie: in memory, or in the project file."""

    def record(self) -> str:
        """The restoration record as JSON."""

    def regions(self) -> NDArray[np.void]:
        """The filled regions, an array of ``REGION``."""

    def tile_keys(self) -> Collection[TileKey]:
        """The tiles the run reaches."""

    def packed(self, key: TileKey) -> PackedTile:
        """One of those tiles, as the file keeps it."""

    def tile(self, key: TileKey) -> RunTile:
        """One of those tiles; raises ``ProjectError`` or ``ValueError`` where it is damaged."""


@dataclass(frozen=True, eq=False)
class HeldContent:
    """A run's content in memory, before it is in a file; packed, so that keeping it costs little."""

    record_text: str
    region_table: NDArray[np.void]
    tiles: Mapping[TileKey, PackedTile]

    def record(self) -> str:
        return self.record_text

    def regions(self) -> NDArray[np.void]:
        return self.region_table

    def tile_keys(self) -> Collection[TileKey]:
        return self.tiles.keys()

    def packed(self, key: TileKey) -> PackedTile:
        return self.tiles[key]

    def tile(self, key: TileKey) -> RunTile:
        return unpack(self.tiles[key])


@dataclass(frozen=True)
class Run:
    """One restoration: its number in the project, when (ISO 8601), with what, and how much it filled."""

    id: int
    time: str
    engine: str
    model: str
    seed: int
    variation: int
    count: int
    pixels: int
    box: Box
    content: RunContent = field(compare=False, repr=False)

    @cached_property
    def regions(self) -> NDArray[np.void]:
        """The filled regions, an array of ``REGION``; region n is row n − 1."""
        return self.content.regions()

    @cached_property
    def tile_keys(self) -> frozenset[TileKey]:
        """The tiles it reaches."""
        return frozenset(self.content.tile_keys())

    def region_box(self, number: int) -> Box:
        """The box of region ``number``."""
        row = self.regions[number - 1]
        return Box(int(row["x"]), int(row["y"]), int(row["width"]), int(row["height"]))

    def box_of(self, numbers: Sequence[int]) -> Box:
        """The box round at least one region."""
        rows = self.regions[np.array(numbers, int) - 1]
        right, bottom = (rows["x"] + rows["width"]).max(), (rows["y"] + rows["height"]).max()
        return Box.spanning(int(rows["x"].min()), int(rows["y"].min()), int(right), int(bottom))

    @property
    def numbers(self) -> range:
        """The numbers of all its regions."""
        return range(1, self.count + 1)
