"""Measure whether the style reference matters; print the tables of docs/evaluation/style.md.

    python -m scripts.measure_style CASES [-o FILE]

CASES contains folders NNN-KIND with clean.png, damaged.png and mask.png, at least three of each kind.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imagest_core.arrays import Image8, Mask
from imagest_core.damage.mask_io import read_mask
from imagest_core.errors import ImagestError, InputError
from imagest_core.evaluation.bootstrap import LEVEL, Interval, mean_interval, paired_difference
from imagest_core.evaluation.cases import ALL, Case, find_cases, load_case
from imagest_core.evaluation.filling import fill_case
from imagest_core.evaluation.metrics import psnr, ssim, whole_picture
from imagest_core.evaluation.run import facts
from imagest_core.evaluation.tables import counted, interval_text, markdown_table
from imagest_core.models.checkpoint import Checkpoint, load_checkpoint
from imagest_core.models.imagest.style_swin import StyleSwinEncoder
from imagest_core.models.library import find_model
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Progress
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.reference import StyleReference
from imagest_core.style.suggest import suggest_regions
from scripts.style_portrait import (
    MEASURES,
    SMALLEST,
    Values,
    bounding_square,
    distances,
    portrait,
    step,
    whole_portrait,
)

WHOLE, TOKENS = "detail", "tokens"
WAYS = {
    WHOLE: "Chosen by the user: style tokens, colours and detail come from the reference",
    TOKENS: "The style tokens alone: colours and detail come from the surroundings both times",
}
"""What the reference determines: everything (a user's choice), or only the network's style tokens."""
QUALITY = {"psnr": "PSNR dB", "ssim": "SSIM", "haarpsi": "HaarPSI"}
NOTHING = 0.0005
"""A mean change below this is reported as no effect."""
EXPLANATION = f"""\
Each work is restored twice in textured mode with the same seed: once with a style reference from its own \
intact regions (up to three, suggested by the program), and once with the undamaged image of another work \
of the same kind as the reference (the *donor*). Is the second fill closer to the donor than the first, \
and how much quality does the wrong reference cost?

- Colours: the Euclidean distance in CIELAB between the means (standard deviations) of the samples inside \
the damage, not dilated, and those of the whole donor.
- Gram distance in the Imagest style encoder: the features of each stage, normalised over their channels, \
give a Gram matrix; the Frobenius norm of the difference relative to that of the donor's matrix, averaged \
over the stages. The fill is evaluated in the bounding square of the largest damaged component, at least \
{SMALLEST} px, where each feature is weighted by the share of its cell that is damaged; the donor in \
squares of the same side. This is the network's own representation of style, not an independent measure.
- Octaves: |ln| of the RMS of a difference-of-Gaussians band inside the damage relative to that of the \
whole donor.

*Nearer* is the distance to the donor of the fill with its own style minus that of the fill with the \
donor's style: above zero, the donor attracts the fill. *To a third work* is the same for a work that \
neither fill has used: the effect of any other reference. Values are means over the works with {LEVEL:.0%} \
bootstrap intervals, resampled over works; **bold** intervals exclude 0.

A distance can miss an effect: of two fills, the one with more texture may be nearer whatever its \
reference was. The *step* therefore measures the change from the fill with the work's own style to the \
fill with the donor's, along the direction from the whole undamaged work to the donor, in the same units \
(Gram matrices relative to the donor's norm). Above zero, the fill follows its reference. The step was \
added after looking at the distances of twelve works; colour transfer from the reference was added after \
no effect on the Gram distance had been found without it, on these same works."""

Change = Callable[[Sequence["Shift"], str, int], Interval]


@dataclass(frozen=True)
class Shift:
    """Results for one work: the fill with its own style and the fill with the donor's.

    Distances to the donor and to a third work, and the step from the one fill to the other, by
    :data:`MEASURES`; quality by :data:`QUALITY`; ``changed`` is the mean absolute difference of the two fills
    inside the damage, in 8-bit levels.
    """

    kind: str
    own: Values
    donated: Values
    step: Values
    own_third: Values
    donated_third: Values
    own_quality: Values
    donated_quality: Values
    changed: float


def rotated(cases: Sequence[Case]) -> Iterator[tuple[Case, Case, Case]]:
    """Yield each case with a donor and a third work, the next two of its kind.

    Raises ``InputError`` if a kind has fewer than three cases.
    """
    for case in cases:
        same = [each for each in cases if each.kind == case.kind]
        if len(same) < 3:
            raise InputError(f"Of the kind {case.kind} there are fewer than three cases: give more.")
        place = same.index(case)
        yield case, same[(place + 1) % len(same)], same[(place + 2) % len(same)]


def own_regions(case: Case) -> tuple[Box, ...]:
    """Return intact regions of the work itself; raise ``InputError`` if there is none."""
    with open_painting(case.damaged) as painting:
        regions = suggest_regions(painting, read_mask(case.mask, (painting.width, painting.height)))
    if not regions:
        raise InputError(f"The case {case.name} has no intact region that could be a style reference.")
    return regions


def quality(fill: Image8, truth: Image8, mask: Mask) -> Values:
    """Return the quality of ``fill`` against the truth, by :data:`QUALITY`."""
    whole = whole_picture(fill, truth)
    return {
        "psnr": psnr(fill, truth, mask),
        "ssim": ssim(fill, truth, mask),
        "haarpsi": whole["haarpsi"],
    }


def changed(own: Image8, donated: Image8, mask: Mask) -> float:
    """Return the mean absolute difference of two fills inside the damage, in 8-bit levels."""
    return float(np.abs(own[mask].astype(np.float64) - donated[mask]).mean())


def shift(
    works: tuple[Case, Case, Case], way: str, request: RestorationRequest, encoder: StyleSwinEncoder
) -> Shift:
    """Restore the first of ``works`` with its own style and with the second's, and measure both."""
    case, donor, third = works
    suggested = way == TOKENS  # Suggested regions provide no detail.
    styles = (
        StyleReference(own_regions(case), suggested=suggested),
        StyleReference(donor=donor.clean, suggested=suggested),
    )
    own, donated = (fill_case(case, request, Progress(), style).picture for style in styles)
    pictures = load_case(case)
    truth, mask, square = pictures.truth, pictures.mask, bounding_square(pictures.mask)
    first, second = (portrait(encoder, fill, mask, [square]) for fill in (own, donated))
    theirs, others = (whole_portrait(encoder, load_case(each).truth, square.width) for each in (donor, third))
    return Shift(
        kind=case.kind,
        own=distances(first, theirs),
        donated=distances(second, theirs),
        step=step(first, second, whole_portrait(encoder, truth, square.width), theirs),
        own_third=distances(first, others),
        donated_third=distances(second, others),
        own_quality=quality(own, truth, mask),
        donated_quality=quality(donated, truth, mask),
        changed=changed(own, donated, mask),
    )


def kinds_of(shifts: Sequence[Shift]) -> list[str]:
    """Return the kinds of damage by name, followed by all together if there are several."""
    kinds = sorted({each.kind for each in shifts})
    return [*kinds, ALL] if len(kinds) > 1 else kinds


def of_kind(shifts: Sequence[Shift], kind: str) -> list[Shift]:
    """Return the works of one kind, or all."""
    return [each for each in shifts if kind in (each.kind, ALL)]


def nearer(shifts: Sequence[Shift], measure: str, seed: int = 0) -> Interval:
    """Return by how much the donor's style moves the fills closer to the donor."""
    return _difference([(each.own[measure], each.donated[measure]) for each in shifts], seed)


def stepped(shifts: Sequence[Shift], measure: str, seed: int = 0) -> Interval:
    """Return how far the donor's style moves the fills in the direction from the work to the donor."""
    return mean_interval([each.step[measure] for each in shifts], seed)


def nearer_third(shifts: Sequence[Shift], measure: str, seed: int = 0) -> Interval:
    """Return by how much the donor's style moves the fills closer to an unrelated third work."""
    return _difference([(each.own_third[measure], each.donated_third[measure]) for each in shifts], seed)


def gained(shifts: Sequence[Shift], measure: str, seed: int = 0) -> Interval:
    """Return the quality with the work's own style minus the quality with the donor's."""
    return _difference([(each.own_quality[measure], each.donated_quality[measure]) for each in shifts], seed)


def _difference(pairs: Sequence[tuple[float, float]], seed: int) -> Interval:
    first, second = zip(*pairs)
    return paired_difference(first, second, seed)


def verdict(change: Interval, above: str = "towards the donor", below: str = "away from the donor") -> str:
    """Describe an interval in words."""
    if not change.excludes_zero or abs(change.mean) < NOTHING:
        return "no effect shown"
    return above if change.mean > 0 else below


def in_short(shifts: Sequence[Shift], seed: int) -> str:
    """Summarise the verdicts of all measures as a list."""
    distance = {name: verdict(nearer(shifts, measure, seed)) for measure, name in MEASURES.items()}
    steps = {name: verdict(stepped(shifts, measure, seed)) for measure, name in MEASURES.items()}
    truth = {
        name: verdict(gained(shifts, measure, seed), "better", "worse") for measure, name in QUALITY.items()
    }
    sections = {"Distance": distance, "Step": steps, "Quality with the right reference": truth}
    differences = [work.changed for work in shifts]
    same = sum(difference == 0 for difference in differences)
    first = (
        f"- Inside the damage the two fills differ by {np.mean(differences):.3f} of 255 levels on average, "
        f"by at most {max(differences):.3f}; {same} of {len(shifts)} are identical."
    )
    return "\n".join([first, *(f"- {title}: {_grouped(verdicts)}." for title, verdicts in sections.items())])


def _grouped(verdicts: Mapping[str, str]) -> str:
    groups: dict[str, list[str]] = {}
    for name, verdict_text in verdicts.items():
        groups.setdefault(verdict_text, []).append(name)
    return "; ".join(f"**{text}** {', '.join(names)}" for text, names in groups.items())


def distance_table(shifts: Sequence[Shift], seed: int) -> str:
    """Return distances to the donor with both styles: a row for each of :data:`MEASURES`."""
    head = ["distance to the donor", "own style", "donor's style", "nearer", "works nearer", "verdict",
            "to a third work"]  # fmt: skip
    rows = []
    for measure, name in MEASURES.items():
        means = (np.mean([each[measure] for each in side])
                 for side in ([each.own for each in shifts], [each.donated for each in shifts]))  # fmt: skip
        change = nearer(shifts, measure, seed)
        count = sum(each.donated[measure] < each.own[measure] for each in shifts)
        rows.append([
            name, *(f"{mean:.3f}" for mean in means), interval_text(change), _share(count, len(shifts)),
            verdict(change), interval_text(nearer_third(shifts, measure, seed)),
        ])  # fmt: skip
    return markdown_table(head, rows)


def step_table(shifts: Sequence[Shift], seed: int) -> str:
    """Return steps towards the donor: a row for each of :data:`MEASURES`."""
    rows = []
    for measure, name in MEASURES.items():
        change = stepped(shifts, measure, seed)
        count = sum(each.step[measure] > 0 for each in shifts)
        rows.append([name, interval_text(change), _share(count, len(shifts)), verdict(change)])
    return markdown_table(["step towards the donor", "mean", "works above 0", "verdict"], rows)


def _share(count: int, works: int) -> str:
    return f"{count} of {works} ({count / works:.0%})"


def kinds_table(shifts: Sequence[Shift], change: Change, title: str, seed: int) -> str:
    """Return :func:`nearer` or :func:`stepped` by kind: a row for each of :data:`MEASURES`."""
    kinds = kinds_of(shifts)
    rows = (
        [name, *(interval_text(change(of_kind(shifts, kind), measure, seed)) for kind in kinds)]
        for measure, name in MEASURES.items()
    )
    return markdown_table([title, *kinds], rows)


def quality_table(shifts: Sequence[Shift], seed: int) -> str:
    """Return the quality with the own style minus the donor's, a row for each kind."""
    rows = (
        [
            kind,
            str(len(of_kind(shifts, kind))),
            *(interval_text(gained(of_kind(shifts, kind), measure, seed)) for measure in QUALITY),
        ]
        for kind in kinds_of(shifts)
    )
    return markdown_table(["own minus donor's", "works", *QUALITY.values()], rows)


def report(found: Mapping[str, Sequence[Shift]], checkpoint: Checkpoint, request: RestorationRequest) -> str:
    """Return the whole document, with a section for each way."""
    works = len(next(iter(found.values())))
    parts = [f"# Does the style reference matter? Measured on {counted(works)}", EXPLANATION]
    for way, shifts in found.items():
        seed = request.seed
        parts += [
            f"## {WAYS[way]}",
            in_short(shifts, seed),
            distance_table(shifts, seed),
            step_table(shifts, seed),
            "By kind of damage:",
            kinds_table(shifts, nearer, "nearer to the donor", seed),
            kinds_table(shifts, stepped, "step towards the donor", seed),
        ]
        parts += ["Quality gained with the right reference:", quality_table(shifts, seed)]
    described = checkpoint.description
    values = {**request.parameters.values(), **request.values()}
    used = {"model": f"{described.name}, weights {described.weights_hash[:12]}"} | facts(values)
    lines = [f"- {name}: {value}" for name, value in used.items()]
    return "\n\n".join([*parts, "## Measured with", "\n".join(lines)]) + "\n"


def measured(
    cases: Sequence[Case], ways: Sequence[str], request: RestorationRequest, encoder: StyleSwinEncoder
) -> dict[str, list[Shift]]:
    """Measure every work in every way; print the current one to stderr."""
    found: dict[str, list[Shift]] = {way: [] for way in ways}
    for works in list(rotated(cases)):
        for way, shifts in found.items():
            print(f"{works[0].name} ({way})", file=sys.stderr, flush=True)
            shifts.append(shift(works, way, request, encoder))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", type=Path, metavar="CASES")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="also write the tables to this file"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N cases")
    parser.add_argument("--model", default="", metavar="NAME|DIR", help="the weights of the network")
    parser.add_argument(
        "--way", action="append", choices=list(WAYS), default=[], help="only this; repeatable"
    )
    given = parser.parse_args(arguments)
    request = RestorationRequest.of(model=given.model)
    try:
        checkpoint = load_checkpoint(find_model(given.model))
        cases = find_cases(given.cases, given.limit)
        found = measured(cases, given.way or list(WAYS), request, checkpoint.network.style)
        text = report(found, checkpoint, request)
        if given.output:
            given.output.write_text(text, "utf-8")
    except (ImagestError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
