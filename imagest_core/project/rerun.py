"""Restoring a part of a run again: the current damage of a region, or the part that was rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.classes import DamageClass
from imagest_core.damage.map import DamageMap, tile_box
from imagest_core.damage.regions import find_regions
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.composed_fills import (
    ComposedFills,
    FilledPainting,
    continued_runs,
    fills_under_review,
)
from imagest_core.project.operations.rejected_parts import rejected_part
from imagest_core.project.run import Run
from imagest_core.project.run_tile import RunTile
from imagest_core.project.state import State
from imagest_core.restoration.record import ContextFacts, StartFacts, WindowFacts
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.result import RestorationResult
from imagest_core.style.reference import StyleReference


def damage_of_region(damage: DamageMap, run: Run, number: int, dilation: int) -> DamageMap:
    """Return the damage that overlaps region ``number`` (1…n) of ``run`` after dilation by ``dilation`` px.

    The mask may have been corrected since the run. Raises ``MaskError`` if no damage of the region is left.
    """
    filled = damage.filled()
    components = find_regions(filled.dilated(dilation), thickness=False)
    box, overlapping = run.region_box(number), set[int]()
    for key in run.tile_keys:
        tile = run.content.tile(key)
        if not tile.box.within(box).empty:
            overlapping |= {*np.unique(components.labels(tile.box)[tile.regions == number]).tolist()}
    result = DamageMap(damage.width, damage.height, damage.classes)
    for component in sorted(overlapping - {0}):
        bounds = components.by_id(component).box
        for cell in filled.occupied():
            inside = cell.within(bounds)
            if not inside.empty:
                is_component = components.labels(inside) == component
                result.write(inside, np.where(is_component, filled.read(inside), result.read(inside)))
    if result.empty:
        raise MaskError(
            Message("Region {number} is no longer marked as damage: restore something else.", number=number)
        )
    return result


@dataclass(frozen=True, eq=False)
class RunPart:
    """A part of a result to restore again.

    Parameters
    ----------
    run
        Number of the result that is continued, 0 if none is.
    mask
        The pixels to fill, exactly.
    known
        The fills that are known paint for it, None for those of the scan alone.
    start
        The fill to start from, None to fill anew.
    """

    run: int
    mask: DamageMap
    known: ComposedFills | None
    start: RefinedFill | None = None


@dataclass(frozen=True, eq=False)
class RefinedFill:
    """A fill that is to be refined: its result and region, and what is shown there now."""

    run: int
    region: int
    fills: ComposedFills


def rejected_part_of(state: State, run: Run, region: int = 0) -> RunPart:
    """Return the rejected part of a result, of one ``region`` or (0) of all.

    Pixels under an accepted fill of another result are left out. Raises ``MaskError`` if nothing is left.
    """
    accepted, mask = AcceptedFills(state), _empty_part(state, run)
    for tile in _tiles(run, rejected_part(state, run.id)):
        rejected = rejected_part(state, run.id).read(tile.box) > 0
        selected = rejected & (accepted.provenance(tile.box) == 0)
        mask.write(tile.box, selected & _in_region(tile, region))
    if mask.empty:
        raise MaskError(
            Message("Nothing of result {number} is rejected: paint the part to restore first.", number=run.id)
        )
    return RunPart(run.id, mask, fills_under_review(state, run, accepted))


def part_of_region(state: State, run: Run, region: int) -> RunPart:
    """Return the region of a result that itself is a part of another result, to restore it again."""
    mask, accepted = _empty_part(state, run), AcceptedFills(state)
    for tile in _tiles(run):
        mask.write(tile.box, _in_region(tile, region))
    below = continued_runs(state, run)
    return RunPart(run.base, mask, ComposedFills(accepted, below, state.rejected_parts))


def refinement_of(state: State, run: Run, region: int) -> RunPart:
    """Return a region of a hypothesis as a part that starts from its present fill.

    Exactly its pixels are filled again, from the surroundings that the hypothesis had. Raises ``MaskError``
    for other results.
    """
    if not run.hypothesis:
        raise MaskError(
            Message("Result {number} is no hypothesis: make hypotheses and pick one first.", number=run.id)
        )
    shown = fills_under_review(state, run)
    start = RefinedFill(run.id, region, shown)
    if run.base:
        return replace(part_of_region(state, run, region), start=start)
    mask = _empty_part(state, run)
    for tile in _tiles(run):
        mask.write(tile.box, _in_region(tile, region))
    return RunPart(0, mask, None, start)


def restore_part(
    painting: Painting,
    part: RunPart,
    request: RestorationRequest,
    style: StyleReference | None = None,
    progress: Progress | None = None,
    *,
    operator: str = "",
    protected: DamageMap | None = None,
) -> RestorationResult:
    """Fill exactly the pixels of ``part`` that aren't ``protected``; the record names the known fills.

    See :func:`~imagest_core.restoration.api.restore` for the other parameters and what it raises.
    """
    from imagest_core.restoration.api import restore

    filled = painting if part.known is None else FilledPainting(painting, part.known)
    start = FilledPainting(painting, part.start.fills) if part.start is not None else None
    result = restore(
        filled,
        part.mask,
        request,
        style,
        progress,
        operator=operator,
        exact=True,
        protected=protected,
        start=start,
    )
    record = result.record
    if part.known is not None:
        counts = _known_pixels(part.mask, part.known, record.windows)
        record = replace(record, context=ContextFacts(part.run, counts))
    if part.start is not None:
        strength = float(request.get("strength") or 0)
        record = replace(record, start=StartFacts(part.start.run, part.start.region, strength))
    return replace(result, record=record)


def _known_pixels(mask: DamageMap, known: ComposedFills, windows: Sequence[WindowFacts]) -> dict[str, int]:
    """Count the known filled pixels in the windows, by run."""
    counts: Counter[int] = Counter()
    for key in sorted(known.keys):
        cell = tile_box(key).within(mask.box)
        boxes = [window.box.within(cell) for window in windows]
        visible = np.zeros((cell.height, cell.width), np.bool_)
        for box in boxes:
            if not box.empty:
                visible[box.moved(-cell.x, -cell.y).slices] = True
        if visible.any():
            runs = known.provenance(cell)[visible & (mask.read(cell) == 0)]
            numbers, pixels = np.unique(runs[runs > 0], return_counts=True)
            counts.update(dict(zip(numbers.tolist(), pixels.tolist(), strict=True)))
    return {str(number): pixels for number, pixels in sorted(counts.items())}


def _empty_part(state: State, run: Run) -> DamageMap:
    classes = (DamageClass(1, f"part of result {run.base or run.id}", "#ffffff"),)
    return DamageMap(state.box.width, state.box.height, classes)


def _tiles(run: Run, inside: DamageMap | None = None) -> Iterator[RunTile]:
    keys = run.tile_keys if inside is None else run.tile_keys & inside.tiles().keys()
    return (run.content.tile(key) for key in sorted(keys))


def _in_region(tile: RunTile, region: int) -> NDArray[np.bool_]:
    return np.asarray(tile.regions == region if region else tile.regions > 0)
