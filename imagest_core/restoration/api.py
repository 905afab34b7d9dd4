"""Restoring: scan, damage and request in, fills and their record out; and writing them, verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from imagest_core.arrays import Image
from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import find_regions
from imagest_core.errors import ImagestError, MaskError
from imagest_core.painting.reader import Painting
from imagest_core.painting.stamp import file_sha256
from imagest_core.painting.writer import write_painting
from imagest_core.progress import Progress
from imagest_core.restoration.compositing.assembly import Assembler
from imagest_core.restoration.compositing.boundary import match_boundary
from imagest_core.restoration.compositing.coarse_fill import CoarseFill
from imagest_core.restoration.engines.base import Engine, Session, WindowFill
from imagest_core.restoration.engines.registry import get_engine, used_parameters
from imagest_core.restoration.environment import Environment, peak_memory
from imagest_core.restoration.planning.layout import Layout, Plan, Task
from imagest_core.restoration.planning.plan import make_plan
from imagest_core.restoration.planning.window import Preview, Window, WindowView
from imagest_core.restoration.record import (
    Clock,
    EngineFacts,
    Facts,
    MaskFacts,
    PaintingFacts,
    RestorationRecord,
    WindowFacts,
    class_facts,
)
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.result import RestorationResult
from imagest_core.restoration.style_pictures import read_style_pictures
from imagest_core.restoration.validation import check_request
from imagest_core.restoration.verify import Verification, verify
from imagest_core.style.reference import StyleReference

GROUP = 16
"""Windows handed to a session at once; it divides them into batches as it likes."""

Notes = Mapping[str, str]


def restore(
    painting: Painting,
    damage: DamageMap,
    request: RestorationRequest,
    style: StyleReference | None = None,
    progress: Progress | None = None,
    *,
    operator: str = "",
) -> RestorationResult:
    """Fill the damage of ``painting`` whose class is to be filled, as ``request`` says.

    ``operator`` is who restores, for the record. Raises ``MaskError`` where there is nothing to fill or
    nothing left to fill from, ``InputError`` and ``ModelError`` where the request can't be met here,
    ``PaintingError`` where the scan's file has changed meanwhile, ``Cancelled``.
    """
    chosen = get_engine(request.engine)
    return restore_with(chosen, painting, damage, request, style, progress, operator=operator)


def restore_with(
    chosen: Engine,
    painting: Painting,
    damage: DamageMap,
    request: RestorationRequest,
    style: StyleReference | None = None,
    progress: Progress | None = None,
    *,
    operator: str = "",
) -> RestorationResult:
    """:func:`restore` with an engine that need not be registered."""
    progress, clock = progress or Progress(), Clock()
    check_request(request, chosen)
    restored, style = PaintingFacts.of(painting), style if chosen.uses_style(request) else None
    donor = file_sha256(style.donor) if style is not None and style.donor is not None else ""
    filled = damage_to_fill(painting, damage)
    dilated = _dilated(filled, request.dilation, progress)
    regions = find_regions(dilated, progress=progress)
    plan = make_plan(dilated, regions, Layout.of(chosen, request, painting.box), progress)
    assembler = Assembler(painting, dilated, regions, plan, 0 if chosen.matches_boundary else request.blend)
    clock.lap("planning")
    loading = progress.part(0.0, 0.0, "loading the network")
    loading.check()
    chosen.preload(request, loading)
    pictures = None
    if style is not None:
        pictures = read_style_pictures(painting, style, chosen.style_side(request))
    with chosen.open(request, pictures, loading) as session:
        clock.lap("opening")
        textured = chosen.uses_style(request)
        notes = _fill(painting, dilated, plan, session, chosen, assembler, progress, textured)
        facts = EngineFacts.of(chosen, session.facts)
    clock.lap("filling")
    painting.check_unchanged()
    record = RestorationRecord(
        request,
        restored,
        MaskFacts.of(filled, dilated, regions),
        style,
        facts,
        tuple(WindowFacts(task.window.box, task.window.scale, note) for task, note in zip(plan.tasks, notes)),
        Environment.now(),
        clock.timings(),
        peak_memory(),
        _remarks(plan, facts.facts),
        used=_used(chosen, request, facts.facts),
        operator=operator,
        classes=class_facts(damage),
        donor_sha256=donor,
    )
    return RestorationResult(assembler.fills(), dilated, regions, record)


def damage_to_fill(painting: Painting, damage: DamageMap) -> DamageMap:
    """The damage of the classes that are filled; raises ``MaskError`` where that can't be done."""
    if (damage.width, damage.height) != (painting.width, painting.height):
        raise MaskError(
            f"The mask has {damage.width} × {damage.height} pixels, the painting"
            f" {painting.width} × {painting.height}; give a mask of the painting's size."
        )
    if damage.empty:
        raise MaskError("The mask is empty: mark the damage to be filled first.")
    filled = damage.filled()
    if filled.empty:
        raise MaskError(
            "All damage is of classes that are only recorded; let one of them be filled to restore it."
        )
    return filled


def _dilated(filled: DamageMap, dilation: int, progress: Progress) -> DamageMap:
    dilated = filled.dilated(dilation, progress)
    if dilated.count() == dilated.width * dilated.height:
        raise MaskError(
            f"The mask, dilated by {dilation} px, leaves nothing intact to restore from; mark less damage."
        )
    return dilated


def _fill(
    painting: Painting,
    dilated: DamageMap,
    plan: Plan,
    session: Session,
    chosen: Engine,
    assembler: Assembler,
    progress: Progress,
    textured: bool,
) -> list[Notes]:
    """Fill the windows of ``plan`` in groups and hand them on; the engine's notes on each."""
    notes: list[Notes] = []
    underpainting = CoarseFill(painting, dilated, plan, textured)
    done, total = 0, len(plan.tasks)
    for tasks in _groups(plan.tasks, GROUP * chosen.window**2):
        part = progress.part(done / total, (done + len(tasks)) / total)
        part.check()
        views = [underpainting.view(task) for task in tasks]
        for task, view, fill in zip(tasks, views, session.fill(views, part), strict=True):
            image = _completed(view, fill, chosen)
            underpainting.add(task, image)
            assembler.add(task, image)
            notes.append(fill.notes)
            if part.wants_preview:
                part.preview(Preview(task.window, image))
        done += len(tasks)
    progress.set(1.0)
    return notes


def _groups(tasks: Sequence[Task], pixels: int) -> Iterator[list[Task]]:
    """Runs of tasks with windows of one shape and scale, of about ``pixels`` working pixels at most."""
    group: list[Task] = []
    for task in tasks:
        rows, columns = task.window.shape
        full = (len(group) + 1) * rows * columns > pixels
        if group and (full or not _alike(group[0].window, task.window)):
            yield group
            group = []
        group.append(task)
    if group:
        yield group


def _alike(one: Window, other: Window) -> bool:
    return one.shape == other.shape and one.scale == other.scale


def _completed(view: WindowView, fill: WindowFill, chosen: Engine) -> Image:
    """The window's picture with the fill under its mask; known samples as they were."""
    if not np.isfinite(fill.image[view.mask]).all():
        raise ImagestError(
            f"The engine {chosen.name} gave samples that are no numbers at {view.window.box.x},"
            f" {view.window.box.y}; please report this."
        )
    whole = np.where(view.mask[..., None], fill.image, view.image).astype(np.float32, copy=False)
    return whole if chosen.matches_boundary else match_boundary(whole, view.start, view.hole)


def _used(chosen: Engine, request: RestorationRequest, facts: Facts) -> tuple[str, ...]:
    """The fields of ``request`` that made a difference; a batch that a CPU passed over did not."""
    used = used_parameters(request, chosen)
    return tuple(sorted(used - {"batch"} if facts.get("batch") != request.batch else used))


def _remarks(plan: Plan, facts: Facts) -> tuple[str, ...]:
    """Sentences on what the user should know about this result."""
    remarks = [str(facts["precision"])] if "precision" in facts else []
    coarsest = max((window.scale for window in plan.windows), default=1)
    if coarsest > 1:
        refining = sum(task.refines for task in plan.tasks)
        remarks.append(
            f"Damage larger than the engine sees was filled at a scale up to {coarsest} times coarser first,"
            f" and refined with {refining} of {len(plan.tasks)} windows."
        )
    return tuple(remarks)


def export(
    painting: Painting,
    result: RestorationResult,
    out: Path,
    *,
    force: bool = False,
    beside: Callable[[Verification], None] | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Write ``painting`` with the fills of ``result`` to ``out``, re-read and compared before it is named.

    ``beside`` is called once it is verified, before it has its name: where that raises, ``out`` stays as it
    was. Raises ``OutputError``, ``VerificationError``, ``PaintingError`` where the scan's file has changed
    since it was opened, and ``Cancelled``; no file is left then.
    """
    progress = progress or Progress()
    writing, checking = progress.part(0.0, 0.6, "writing"), progress.part(0.6, 1.0, "verifying")

    def check(written: Path) -> Verification:
        found = verify(painting, result.fills, written, checking)
        painting.check_unchanged(result.record.painting.sha256)
        if beside is not None:
            beside(found)
        return found

    return write_painting(painting, result.patches(painting), out, check=check, force=force, progress=writing)
