"""Notes for the user on a result."""

from __future__ import annotations

from imagest_core.messages import Message
from imagest_core.restoration.planning.layout import Plan
from imagest_core.restoration.record import Facts, MaskFacts, RimFacts, named_regions
from imagest_core.restoration.request import RestorationRequest


def plan_remarks(plan: Plan, facts: Facts) -> tuple[str, ...]:
    """Return notes on this result for the user."""
    values = (facts.get(name) for name in ("precision", "language"))
    remarks = [value for value in values if isinstance(value, str)]
    coarsest = max((window.scale for window in plan.windows), default=1)
    if coarsest > 1:
        refining = sum(len(task.windows) for task in plan.tasks if task.refines)
        remarks.append(
            Message(
                "Damage larger than the engine sees was filled at a scale up to {scale} times "
                "coarser first, and refined with {count} of {windows} tiles.",
                scale=coarsest,
                count=refining,
                windows=len(plan.windows),
            )
        )
    return tuple(remarks)


def study_remarks(facts: Facts, scan_sha256: str) -> tuple[str, ...]:
    """Return a note if the study was made of another scan than the restored one."""
    studied = facts.get("study_scan_sha256", scan_sha256)
    if studied == scan_sha256:
        return ()
    return (
        Message(
            "The study was made of another scan: it is meant for the painting that it was made of, "
            "so check that both show the same work."
        ),
    )


def rim_remarks(rim: RimFacts | None) -> tuple[str, ...]:
    """Return notes for the user on the rim."""
    if rim is None:
        return ()
    remarks: list[str] = []
    if rim.pixels:
        remarks.append(
            Message(
                "The mask was grown over its rim by {pixels} pixels, at most {limit} px wide.",
                pixels=f"{rim.pixels:,}",
                limit=rim.limit,
            )
        )
    if rim.remaining:
        remarks.append(
            Message(
                "Ground, shadow or a raised edge may still show around these regions: {regions}; "
                "clean the rim and restore again.",
                regions=named_regions(rim.remaining),
            )
        )
    return tuple(remarks)


def limit_remarks(request: RestorationRequest, mask: MaskFacts) -> tuple[str, ...]:
    """Return notes for the user on what was left out: protected pixels, and damage outside a selection."""
    remarks: list[str] = []
    if mask.protected:
        remarks.append(
            Message(
                "{pixels} pixels are protected: they were neither filled nor used as a source of paint.",
                pixels=f"{mask.protected:,}",
            )
        )
    if request.within is not None:
        box = request.within.box
        remarks.append(
            Message(
                "Only damage within the selection was filled: {pixels} pixels at {box}.",
                pixels=f"{request.within.pixels:,}",
                box=",".join(map(str, box)),
            )
        )
    return tuple(remarks)
