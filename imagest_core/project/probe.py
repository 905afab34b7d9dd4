"""What a pixel of the restored picture consists of, as far as the project knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from imagest_core.damage.map import TILE, TileKey
from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.document import Document
from imagest_core.project.run import Run
from imagest_core.project.run_tile import RunTile
from imagest_core.project.state import State
from imagest_core.project.variations import verdict_on
from imagest_core.restoration.record import RestorationRecord, WindowFacts
from imagest_core.serialization import to_plain
from imagest_core.style.reference import StyleReference


@dataclass(frozen=True)
class WindowProvenance:
    """A window of the restoration that covers the pixel.

    ``scale``: native pixels per pixel that the engine filled. ``notes``: what the record says of the window,
    an average over its damage.
    """

    box: Box
    scale: int
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FillProvenance:
    """The fill of one result at a pixel.

    Parameters
    ----------
    run, region
        Number of the result, and of its region.
    verdict
        ``accepted``, ``rejected``, ``undecided``, or ``part rejected`` for a pixel of a rejected part.
    used
        Whether an export takes the pixel from this fill.
    engine, mode, model, seed, variation, time, operator
        From the record; ``mode`` is "" for engines that have only one. Seed and variation are None if the
        fill doesn't depend on them.
    filled_by
        What the engine recorded on how it fills.
    texture
        Share of the texture of intact paint that the fill takes, None for fills without texture.
    style
        The style reference, or None if none was used.
    windows
        The windows that cover the pixel, the finest first.
    distance
        Distance in px to the next pixel that this region doesn't fill, 1 at its boundary.
    blended
        Whether the pixel is in the zone where the fill was blended with the intact paint.
    base
        Number of the result of which this is a part that was restored again, 0 if it is none.
    study
        Hash of the study of the painting that adapted the model, "" for none.
    hypothesis
        Whether the result is a hypothesis.
    refines
        Number of the result that this one refined, 0 if it is none.
    """

    run: int
    region: int
    verdict: str
    used: bool
    engine: str
    mode: str
    model: str
    seed: int | None
    variation: int | None
    time: str
    operator: str
    filled_by: str
    texture: float | None
    style: StyleReference | None
    windows: tuple[WindowProvenance, ...]
    distance: float
    blended: bool
    base: int
    study: str = ""
    hypothesis: bool = False
    refines: int = 0


@dataclass(frozen=True)
class Provenance:
    """Where the pixel (``x``, ``y``) comes from; ``fills`` of all results there, the newest first.

    ``damage``: name of the damage class at the pixel, "" if it is intact.
    """

    x: int
    y: int
    damage: str
    fills: tuple[FillProvenance, ...]

    @property
    def used(self) -> FillProvenance | None:
        """The fill in an export; None if it takes the pixel from the scan."""
        return next((fill for fill in self.fills if fill.used), None)

    def of_run(self, number: int | None) -> FillProvenance | None:
        """Return the fill of this result, or None."""
        return next((fill for fill in self.fills if fill.run == number), None)

    def to_plain(self) -> dict[str, Any]:
        """Return the values as a plain dictionary; ``source`` is ``scan`` or ``run N``."""
        source = "scan" if self.used is None else f"run {self.used.run}"
        fills = to_plain(self.fills)
        return {"x": self.x, "y": self.y, "source": source, "damage": self.damage, "fills": fills}


def probe(document: Document, x: int, y: int) -> Provenance:
    """Return where the pixel (``x``, ``y``) comes from; raises ``InputError`` outside the picture."""
    return probe_state(document.committed_state, x, y)


def probe_state(state: State, x: int, y: int, accepted: AcceptedFills | None = None) -> Provenance:
    """Return what :func:`probe` does, for a state; any thread may call it with a copy."""
    pixel = Box(x, y, 1, 1)
    if not state.box.contains(pixel):
        raise InputError(
            Message(
                "The pixel {x}, {y} is outside the picture: give x from 0 to {right} and y from 0 to "
                "{bottom}.",
                x=x,
                y=y,
                right=state.box.right - 1,
                bottom=state.box.bottom - 1,
            )
        )
    used = int((accepted or AcceptedFills(state)).provenance(pixel)[0, 0])
    runs = sorted(state.runs.values(), key=lambda run: run.id, reverse=True)
    fills = (_fill(state, run, x, y, used) for run in runs if run.box.contains(pixel))
    label = int(state.damage.read(pixel)[0, 0])
    names = {item.label: item.name for item in state.damage.classes}
    return Provenance(x, y, names.get(label, ""), tuple(fill for fill in fills if fill is not None))


def _fill(state: State, run: Run, x: int, y: int, used: int) -> FillProvenance | None:
    key = (x // TILE, y // TILE)
    if key not in run.tile_keys:
        return None
    tile = run.content.tile(key)
    if not tile.box.contains(Box(x, y, 1, 1)):
        return None
    region = int(tile.regions[y - tile.box.y, x - tile.box.x])
    if not region:
        return None
    rejected = state.rejected_parts.get(run.id)
    is_rejected = rejected is not None and bool(rejected.read(Box(x, y, 1, 1))[0, 0])
    record, distance = run.facts, _distance(run, tile, key, region, x, y)
    return FillProvenance(
        run=run.id,
        region=region,
        verdict="part rejected" if is_rejected else verdict_on(state, run, region).value,
        used=run.id == used,
        engine=run.engine,
        mode=run.mode,
        model=run.model,
        seed=run.seed if _depends(record, "seed") else None,
        variation=run.variation if _depends(record, "variation") else None,
        time=run.time,
        operator="" if record is None else record.operator,
        filled_by="" if record is None else str(record.engine.facts.get("filled_by", "")),
        texture=record.request.get("detail") if record is not None and "detail" in record.used else None,
        style=None if record is None else record.style,
        windows=() if record is None else _windows(record.windows, x, y),
        distance=distance,
        blended=record is not None and "blend" in record.used and distance < record.request.blend + 1,
        base=run.base,
        study=run.study,
        hypothesis=run.hypothesis,
        refines=0 if record is None or record.start is None else record.start.run,
    )


def _depends(record: RestorationRecord | None, name: str) -> bool:
    """Return whether the fill depends on a field of the request; True where the record doesn't say."""
    return record is None or not record.used or name in record.used


def _windows(windows: tuple[WindowFacts, ...], x: int, y: int) -> tuple[WindowProvenance, ...]:
    covering = [window for window in windows if window.box.contains(Box(x, y, 1, 1))]
    covering.sort(key=lambda window: window.scale)
    return tuple(WindowProvenance(window.box, window.scale, window.notes) for window in covering)


def _distance(run: Run, tile: RunTile, key: TileKey, region: int, x: int, y: int) -> float:
    """Return the distance of the pixel to the next one outside the region, at most a tile."""
    around = Box(x - TILE // 2, y - TILE // 2, TILE + 1, TILE + 1)
    inside = np.zeros((around.height, around.width), np.uint8)
    for other in {(cell.x // TILE, cell.y // TILE) for cell in around.tiles(TILE)} & run.tile_keys:
        part = tile if other == key else run.content.tile(other)
        common = part.box.within(around)
        if not common.empty:
            pixels = part.regions[common.moved(-part.box.x, -part.box.y).slices] == region
            inside[common.moved(-around.x, -around.y).slices] = pixels
    depth = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return round(float(depth[TILE // 2 + 1, TILE // 2 + 1]), 1)


def as_text(found: Provenance) -> str:
    """Format a provenance as text for the command line."""
    source = "the scan" if found.used is None else f"result {found.used.run}"
    lines = [f"{found.x}, {found.y}: from {source}" + (f", damage: {found.damage}" if found.damage else "")]
    for fill in found.fills:
        lines += ["", *(f"{name:<10}{value}" for name, value in _lines(fill) if value)]
    return "\n".join(lines)


def _lines(fill: FillProvenance) -> list[tuple[str, str]]:
    seed = "" if fill.seed is None else f"{fill.seed}, variation {fill.variation}"
    part = f", part of result {fill.base} restored again" if fill.base else ""
    part += f", refined from result {fill.refines}" if fill.refines else ""
    part += ", hypothesis" if fill.hypothesis else ""
    zone = ", blended with the intact paint" if fill.blended else ""
    return [
        ("result", f"{fill.run}, region {fill.region}, {fill.verdict}{part}"),
        ("engine", f"{fill.engine}, {fill.mode}" if fill.mode else fill.engine),
        ("model", fill.model),
        ("study", fill.study),
        ("seed", seed),
        ("time", fill.time + (f", {fill.operator}" if fill.operator else "")),
        ("fill", fill.filled_by),
        ("texture", "" if fill.texture is None else f"{fill.texture:g}"),
        ("style", style_text(fill.style)),
        *(("window", window_text(window)) for window in fill.windows),
        ("boundary", f"{fill.distance:g} px away{zone}"),
    ]


def style_text(style: StyleReference | None) -> str:
    """Format a style reference on one line."""
    if style is None:
        return ""
    regions = "; ".join(",".join(map(str, box)) for box in style.regions)
    donor = f"donor {style.donor.name}" if style.donor is not None else ""
    return ", ".join(filter(None, (regions, donor, "suggested" if style.suggested else "")))


def window_text(window: WindowProvenance) -> str:
    """Format a window on one line: its box, scale and notes."""
    notes = "".join(f", {name} {value}" for name, value in window.notes.items())
    return f"{','.join(map(str, window.box))} at 1/{window.scale}{notes}"
