"""Runs: the fills of one restoration as samples of the scan's own type.

For every 256 px tile it overlaps, a run stores the samples an export would write and the region number of
each pixel. So colours are exact, the run of every pixel is known, and accepting one of ten thousand regions
costs only that region.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from imagest_core.cached import cached_property
from imagest_core.damage.map import TileKey
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.project.run_tile import PackedTile, RunTile, unpack
from imagest_core.project.storage.unpack import INVALID_DATA

if TYPE_CHECKING:
    from imagest_core.restoration.record import RestorationRecord


def damaged_result(number: int) -> Message:
    """Return the message for a result whose stored parts can't be read."""
    return Message(
        "Result {number} is damaged in the project file: `imagest project rescue` reads what can be read.",
        number=number,
    )


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
"""A filled region: its box and area in px, and a hash of its set of pixels. Regions of two runs with the same
``shape`` are variations of each other. Region n of a run is row n − 1."""


class RunContent(Protocol):
    """Access to the large parts of a run, in memory or in the project file."""

    def record(self) -> str:
        """Return the restoration record as JSON."""

    def regions(self) -> NDArray[np.void]:
        """Return the filled regions as an array of ``REGION``."""

    def tile_keys(self) -> Collection[TileKey]:
        """Return the tiles with filled pixels."""

    def packed(self, key: TileKey) -> PackedTile:
        """Return one of those tiles in its stored form."""

    def tile(self, key: TileKey) -> RunTile:
        """Return one of those tiles; raises ``ProjectError`` or ``ValueError`` if it is damaged."""


@dataclass(frozen=True, eq=False)
class MemoryContent:
    """Content of a run in memory, compressed, before it is stored in a file."""

    record_text: str
    region_table: NDArray[np.void]
    tiles: Mapping[TileKey, PackedTile]

    def record(self) -> str:
        """Return the restoration record as JSON."""
        return self.record_text

    def regions(self) -> NDArray[np.void]:
        """Return the filled regions as an array of ``REGION``."""
        return self.region_table

    def tile_keys(self) -> Collection[TileKey]:
        """Return the tiles with filled pixels."""
        return self.tiles.keys()

    def packed(self, key: TileKey) -> PackedTile:
        """Return a tile in its stored form."""
        return self.tiles[key]

    def tile(self, key: TileKey) -> RunTile:
        """Return a decompressed tile."""
        return unpack(self.tiles[key])


@dataclass(frozen=True)
class Run:
    """One restoration: its number, time (ISO 8601), engine and settings, and how much it filled."""

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
        """The filled regions as an array of ``REGION``; region n is row n − 1."""
        return self.content.regions()

    @cached_property
    def tile_keys(self) -> frozenset[TileKey]:
        """The tiles with filled pixels."""
        return frozenset(self.content.tile_keys())

    def region_box(self, number: int) -> Box:
        """Return the box of region ``number``."""
        row = self.regions[number - 1]
        return Box(int(row["x"]), int(row["y"]), int(row["width"]), int(row["height"]))

    def box_of(self, numbers: Sequence[int]) -> Box:
        """Return the bounding box of at least one region."""
        rows = self.regions[np.array(numbers, int) - 1]
        right, bottom = (rows["x"] + rows["width"]).max(), (rows["y"] + rows["height"]).max()
        return Box.spanning(int(rows["x"].min()), int(rows["y"].min()), int(right), int(bottom))

    @cached_property
    def facts(self) -> RestorationRecord | None:
        """The record, or None if it can't be read, for instance if it was written by another program."""
        from imagest_core.restoration.record import RestorationRecord

        try:
            return RestorationRecord.from_json(self.content.record())
        except INVALID_DATA:
            return None

    @cached_property
    def _essentials(self) -> tuple[str, int, bool, bool]:
        """Mode, base, randomness and whether it is a hypothesis, without building the whole record."""
        try:
            record = json.loads(self.content.record())
            request, context = record["request"], record.get("context") or {"run": 0}
            mode, used = request.get("parameters", request).get("mode", ""), record.get("used", ())
            hypothesis = record.get("hypothesis") is True
            return str(mode), int(context["run"]), not used or "seed" in used, hypothesis
        except INVALID_DATA:
            return "", 0, True, False

    @property
    def base(self) -> int:
        """Number of the run of which this one restored a part again, 0 if it is no such run."""
        return self._essentials[1]

    @property
    def mode(self) -> str:
        """The mode of the fill, "" if the engine has only one."""
        return self._essentials[0]

    @property
    def random(self) -> bool:
        """Whether the fill depends on seed and variation, or may do."""
        return self._essentials[2]

    @property
    def hypothesis(self) -> bool:
        """Whether the fill is a hypothesis, which is never accepted as a whole."""
        return self._essentials[3]

    @cached_property
    def study(self) -> str:
        """The hash of the study of the painting that the fill used, "" for none."""
        try:
            return str(json.loads(self.content.record())["engine"]["facts"].get("study_sha256", ""))
        except INVALID_DATA:
            return ""

    @property
    def numbers(self) -> range:
        """The numbers of all regions."""
        return range(1, self.count + 1)
