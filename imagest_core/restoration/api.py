"""Restore a scan: compute the fills and their record, then write and verify the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imagest_core.arrays import Image
from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import Regions, find_regions
from imagest_core.damage.rim import CleanedRim, regions_with_rim
from imagest_core.errors import ImagestError
from imagest_core.messages import Message
from imagest_core.painting.background import hash_in_background, run_in_background
from imagest_core.painting.file_copy import EarlyCopy
from imagest_core.painting.reader import Painting
from imagest_core.painting.stamp import file_sha256
from imagest_core.painting.writer import write_painting
from imagest_core.progress import Progress
from imagest_core.restoration.compositing.assembly import Assembler
from imagest_core.restoration.compositing.boundary import match_boundary
from imagest_core.restoration.compositing.coarse_fill import CoarseFill
from imagest_core.restoration.engines.base import Engine, Session, WindowFill
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.environment import Environment, peak_memory
from imagest_core.restoration.fill_mask import FillMask, check_untouched, fill_mask
from imagest_core.restoration.planning.layout import Layout, Plan, grouped
from imagest_core.restoration.planning.plan import make_plan
from imagest_core.restoration.planning.window import Preview, WindowView
from imagest_core.restoration.record import (
    Clock,
    EngineFacts,
    Facts,
    MaskFacts,
    PaintingFacts,
    RestorationRecord,
    RimFacts,
    WindowFacts,
    class_facts,
)
from imagest_core.restoration.remarks import limit_remarks, plan_remarks, rim_remarks, study_remarks
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.result import RestorationResult
from imagest_core.restoration.style_pictures import read_style_pictures
from imagest_core.restoration.used_parameters import used_parameters
from imagest_core.restoration.validation import check_can_refine, check_request
from imagest_core.restoration.verify import Verification, verify
from imagest_core.style.reference import StyleReference

GROUP = 16
"""Number of default-size windows passed to a session at once; the session forms the batches."""

Notes = Mapping[str, str]


def restore(
    painting: Painting,
    damage: DamageMap,
    request: RestorationRequest,
    style: StyleReference | None = None,
    progress: Progress | None = None,
    *,
    operator: str = "",
    exact: bool = False,
    rim: CleanedRim | None = None,
    protected: DamageMap | None = None,
    start: Painting | None = None,
) -> RestorationResult:
    """Fill the damage of ``painting`` in the classes to be filled, within the request's selection.

    Protected pixels are never filled: those of the protected classes of ``damage``, and ``protected``.

    Parameters
    ----------
    painting, damage
        The scan, and its damage at the same size.
    request
        The engine and its parameters.
    style
        The style reference; ignored by engines that use none.
    progress
        Receives progress and checks for cancellation.
    operator
        Name of the person who restores, for the record.
    exact
        Fill exactly the damage, without dilating it first.
    rim
        The cleaned rim that ``damage`` includes, for the record.
    protected
        Further pixels that must stay as they are.
    start
        The scan with an earlier fill, which is changed at the strength of the request.

    Raises
    ------
    MaskError
        If there is no damage to fill, or nothing intact to fill it from.
    InputError, ModelError
        If the request can't be fulfilled on this computer.
    PaintingError
        If the scan's file has changed since it was opened.
    Cancelled
        If the user cancelled.
    """
    engine = get_engine(request.engine)
    return restore_with(
        engine,
        painting,
        damage,
        request,
        style,
        progress,
        operator=operator,
        exact=exact,
        rim=rim,
        protected=protected,
        start=start,
    )


def restore_with(
    engine: Engine,
    painting: Painting,
    damage: DamageMap,
    request: RestorationRequest,
    style: StyleReference | None = None,
    progress: Progress | None = None,
    *,
    operator: str = "",
    exact: bool = False,
    rim: CleanedRim | None = None,
    protected: DamageMap | None = None,
    start: Painting | None = None,
) -> RestorationResult:
    """Restore like :func:`restore`, with an engine that need not be registered."""
    progress, clock = progress or Progress(), Clock()
    style = _checked_style(engine, request, style)
    if start is not None:
        check_can_refine(request, engine)
    planned = _planned(painting, damage, engine, request, progress, clock, exact, protected)
    with hash_in_background(painting, progress):
        assembler = planned.assembler(painting, engine, request)
        with run_in_background(lambda own: _rim_facts(painting, planned, rim, exact, own), progress) as rims:
            notes, facts = _fill_all(
                painting, planned, engine, request, style, assembler, clock, progress, start
            )
        clock.lap("rim")
    painting.check_unchanged()
    fills = assembler.fills()
    check_untouched(fills, planned.protected)
    record = replace(
        _record(painting, planned, request, style, facts, notes, clock, rims[0]),
        used=_used(engine, request, facts.facts, exact),
        operator=operator,
        classes=class_facts(damage),
    )
    return RestorationResult(fills, planned.dilated, planned.regions, record, planned.protected)


def _record(
    painting: Painting,
    planned: _Planned,
    request: RestorationRequest,
    style: StyleReference | None,
    facts: EngineFacts,
    notes: Sequence[Notes],
    clock: Clock,
    rim: RimFacts | None,
) -> RestorationRecord:
    mask = planned.mask_facts()
    return RestorationRecord(
        request,
        PaintingFacts.of(painting),
        mask,
        style,
        facts,
        _window_facts(planned.plan, notes),
        Environment.now(),
        clock.timings(),
        peak_memory(),
        (*_remarks(painting, planned.plan, facts.facts, rim), *limit_remarks(request, mask)),
        donor_sha256=_donor_hash(style),
        rim=rim,
        within=None if request.within is None else request.within.facts,
    )


def _checked_style(
    engine: Engine, request: RestorationRequest, style: StyleReference | None
) -> StyleReference | None:
    """Check the request; return ``style`` if the engine uses one."""
    check_request(request, engine)
    return style if engine.uses_style(request) else None


def _donor_hash(style: StyleReference | None) -> str:
    return file_sha256(style.donor) if style is not None and style.donor is not None else ""


@dataclass(frozen=True)
class _Planned:
    """The damage to fill, its regions, and the windows to fill them with."""

    mask: FillMask
    regions: Regions
    plan: Plan

    @property
    def dilated(self) -> DamageMap:
        return self.mask.dilated

    @property
    def protected(self) -> DamageMap:
        return self.mask.protected

    def mask_facts(self) -> MaskFacts:
        return MaskFacts.of(self.mask.filled, self.dilated, self.regions, self.protected)

    def assembler(self, painting: Painting, engine: Engine, request: RestorationRequest) -> Assembler:
        blend = 0 if engine.matches_boundary else request.blend
        return Assembler(painting, self.dilated, self.regions, self.plan, blend)


def _planned(
    painting: Painting,
    damage: DamageMap,
    engine: Engine,
    request: RestorationRequest,
    progress: Progress,
    clock: Clock,
    exact: bool,
    protected: DamageMap | None,
) -> _Planned:
    dilation = 0 if exact else request.dilation
    mask = fill_mask(
        painting.box, damage, dilation, within=request.within, protected=protected, progress=progress
    )
    regions = find_regions(mask.dilated, progress=progress)
    plan = make_plan(mask.dilated, regions, Layout.of(engine, request, painting.box), progress)
    clock.lap("planning")
    return _Planned(mask, regions, plan)


def _fill_all(
    painting: Painting,
    planned: _Planned,
    engine: Engine,
    request: RestorationRequest,
    style: StyleReference | None,
    assembler: Assembler,
    clock: Clock,
    progress: Progress,
    start: Painting | None,
) -> tuple[list[Notes], EngineFacts]:
    """Open a session and fill all windows; return the engine's notes on each and its facts."""
    loading = progress.part(0.0, 0.0, "loading the network")
    loading.check()
    engine.preload(request, loading)
    pictures = None
    if style is not None:
        pictures = read_style_pictures(painting, style, engine.style_side(request))
    with engine.open(request, pictures, loading) as session:
        clock.lap("opening")
        notes = _fill(painting, planned, session, engine, assembler, progress, request, start)
        clock.lap("filling")
        return notes, EngineFacts.of(engine, session.facts)


def _fill(
    painting: Painting,
    planned: _Planned,
    session: Session,
    engine: Engine,
    assembler: Assembler,
    progress: Progress,
    request: RestorationRequest,
    start: Painting | None,
) -> list[Notes]:
    """Fill the windows of the plan in groups and pass them on; return the engine's notes on each."""
    notes: list[Notes] = []
    plan = planned.plan
    coarse_fill = CoarseFill(
        painting, planned.dilated, plan, engine.uses_paint(request), planned.protected, start
    )
    done, total = 0, len(plan.windows)
    for tasks in grouped(plan.tasks, GROUP * engine.window_sides(request).usual ** 2):
        count = sum(len(task.windows) for task in tasks)
        part = progress.part(done / total, (done + count) / total)
        part.check()
        views = [coarse_fill.view(task) for task in tasks]
        for task, view, fill in zip(tasks, views, session.fill(views, part), strict=True):
            image = _completed(view, fill, engine)
            coarse_fill.add(task, image)
            assembler.add(task, image)
            notes.append(fill.notes)
            if part.wants_preview:
                for window in task.windows:
                    part.preview(Preview(window, task.window.cropped(image, window)))
        done += count
    progress.set(1.0)
    return notes


def _completed(view: WindowView, fill: WindowFill, engine: Engine) -> Image:
    """Return the window's picture: the fill under its mask, the known samples elsewhere."""
    if not np.isfinite(fill.image[view.mask]).all():
        raise ImagestError(
            Message(
                "The engine {engine} returned invalid samples at {x}, {y}; please report this.",
                engine=engine.name,
                x=view.window.box.x,
                y=view.window.box.y,
            )
        )
    picture = np.where(view.mask[..., None], fill.image, view.image).astype(np.float32, copy=False)
    return picture if engine.matches_boundary else match_boundary(picture, view.start, view.hole)


def _used(engine: Engine, request: RestorationRequest, facts: Facts, exact: bool) -> tuple[str, ...]:
    """Return the fields of ``request`` that the fill depends on; not a batch size that the CPU ignored."""
    ignored = {"dilation"} if exact else set()
    if facts.get("batch") != request.batch:
        ignored.add("batch")
    return tuple(sorted(used_parameters(request, engine) - ignored))


def _remarks(painting: Painting, plan: Plan, facts: Facts, rim: RimFacts | None) -> tuple[str, ...]:
    return (*plan_remarks(plan, facts), *study_remarks(facts, painting.sha256()), *rim_remarks(rim))


def _window_facts(plan: Plan, notes: Sequence[Notes]) -> tuple[WindowFacts, ...]:
    return tuple(
        WindowFacts(window.box, window.scale, note)
        for task, note in zip(plan.tasks, notes)
        for window in task.windows
    )


def _rim_facts(
    painting: Painting, planned: _Planned, rim: CleanedRim | None, exact: bool, progress: Progress
) -> RimFacts | None:
    """Return what was cleaned, and the regions around which a rim still shows; None for an exact mask."""
    if exact:
        return None
    remaining = regions_with_rim(painting, planned.mask.with_other_damage(), planned.regions, progress)
    return RimFacts(0, 0, remaining) if rim is None else RimFacts(rim.limit, rim.pixels, remaining)


def export(
    painting: Painting,
    result: RestorationResult,
    out: Path,
    *,
    force: bool = False,
    on_verified: Callable[[Verification], None] | None = None,
    progress: Progress | None = None,
    copy: EarlyCopy | None = None,
) -> Verification:
    """Write ``painting`` with the fills of ``result``, verify the file, then give it its name ``out``.

    ``on_verified`` is called after the verification, before the file gets its name; if it raises, ``out`` is
    unchanged. ``copy`` comes from ``copying_early``. Raises ``OutputError``, ``VerificationError``,
    ``PaintingError`` if the scan's file has changed since it was opened, and ``Cancelled``; no file is left
    then.
    """
    progress = progress or Progress()
    writing, checking = progress.part(0.0, 0.6, "writing"), progress.part(0.6, 1.0, "verifying")

    def check(written: Path) -> Verification:
        digests = None if copy is None else copy.digests
        verification = verify(
            painting, result.fills, written, checking, protected=result.protected, digests=digests
        )
        painting.check_unchanged(result.record.painting.sha256)
        if on_verified is not None:
            on_verified(verification)
        return verification

    patches = result.patches(painting)
    return write_painting(painting, patches, out, check=check, force=force, progress=writing, copy=copy)
