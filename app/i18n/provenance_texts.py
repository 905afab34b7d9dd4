"""Where a pixel comes from, as text in the language of the window."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication

from app.i18n.run_texts import mode_name
from imagest_core.project.probe import FillProvenance, Provenance, WindowProvenance
from imagest_core.style.reference import StyleReference

translate = QCoreApplication.translate

SPLINE = "an anisotropic spline alone"
TEXTURED = "an anisotropic spline; in thick damage a share of diffusion"
"""How records of the embedded engine describe a faithful fill, and how that of a textured one starts."""
_SHOWN_REGIONS = 2


def verdict_text(verdict: str) -> str:
    """The verdict on a fill."""
    texts = {
        "accepted": translate("Provenance", "accepted"),
        "rejected": translate("Provenance", "rejected"),
        "undecided": translate("Provenance", "under review"),
        "part rejected": translate("Provenance", "part rejected"),
    }
    return texts.get(verdict, verdict)


def displayed_fill(found: Provenance, run: int | None) -> FillProvenance | None:
    """The fill that the restored picture shows: of the ``run`` under review, else the one of an export."""
    reviewed = found.of_run(run)
    if reviewed is not None and reviewed.verdict != "part rejected":
        return reviewed
    return found.used


def origin_line(fill: FillProvenance | None) -> str:
    """One line for the status bar; "" for a pixel of the scan."""
    if fill is None:
        return ""
    name = translate("Provenance", "Result {0}").format(fill.run)
    return " · ".join((name, _kind(fill), verdict_text(fill.verdict)))


def _kind(fill: FillProvenance) -> str:
    mark = translate("Runs", "hypothesis") if fill.hypothesis else ""
    return " · ".join(filter(None, (mode_name(fill.mode), fill.engine, mark)))


def title(found: Provenance) -> str:
    """The pixel, and whether an export takes it from the scan or from a result."""
    if found.used is None:
        source = translate("Provenance", "exported from the scan")
    else:
        source = translate("Provenance", "exported from result {0}").format(found.used.run)
    return f"x {found.x}  y {found.y}  ·  {source}"


def fill_rows(fill: FillProvenance) -> Iterator[tuple[str, str]]:
    """Yield label and value of everything known of a fill; values may be empty."""
    yield translate("Provenance", "Result"), _result(fill)
    yield translate("Provenance", "Fill"), _kind(fill)
    yield translate("Provenance", "Made of"), _made_of(fill)
    yield translate("Provenance", "Model"), fill.model
    yield translate("Provenance", "Study"), f"{fill.study[:12]}…" if fill.study else ""
    seed = "" if fill.seed is None else f"{fill.seed} / {fill.variation}"
    yield translate("Provenance", "Seed / variation"), seed
    yield translate("Provenance", "Style"), style_text(fill.style)
    for window in fill.windows:
        yield translate("Provenance", "Tile"), window_text(window)
    yield translate("Provenance", "Boundary"), _boundary(fill)


def _result(fill: FillProvenance) -> str:
    text = translate("Provenance", "{0}, region {1}, {2}")
    text = text.format(fill.run, fill.region, verdict_text(fill.verdict))
    if fill.base:
        text += ", " + translate("Provenance", "part of result {0} restored again").format(fill.base)
    if fill.refines:
        text += ", " + translate("Provenance", "refined from result {0}").format(fill.refines)
    return text


def _made_of(fill: FillProvenance) -> str:
    if fill.filled_by == SPLINE:
        return translate("Provenance", "an anisotropic spline, without the network")
    if not fill.filled_by.startswith(TEXTURED):
        return fill.filled_by
    if not fill.texture:
        return translate("Provenance", "an anisotropic spline; diffusion samples in thick damage")
    text = translate(
        "Provenance",
        "an anisotropic spline; diffusion samples in thick damage; texture of intact paint ({0})",
    )
    return text.format(f"{fill.texture:g}")


def style_text(style: StyleReference | None) -> str:
    """The style reference on one line; "" if none was used."""
    if style is None:
        return ""
    parts = [f"{box.width} × {box.height} @ {box.x}, {box.y}" for box in style.regions[:_SHOWN_REGIONS]]
    if len(style.regions) > _SHOWN_REGIONS:
        parts.append(translate("Provenance", "{0} more").format(len(style.regions) - _SHOWN_REGIONS))
    if style.donor is not None:
        parts.append(translate("Provenance", "donor {0}").format(style.donor.name))
    text = "; ".join(parts)
    return text + " " + translate("Provenance", "(suggested)") if style.suggested else text


def window_text(window: WindowProvenance) -> str:
    """A window of the restoration: its size, scale, and what the record says of it."""
    box, size = window.box, translate("Provenance", "full size")
    if window.scale > 1:
        size = translate("Provenance", "1/{0} of the size").format(window.scale)
    notes = [_note(name, value) for name, value in window.notes.items()]
    return " · ".join((f"{box.width} × {box.height} px", size, *notes))


def _note(name: str, value: str) -> str:
    if name == "sampled":
        share = value.split(" ")[0]
        return translate("Provenance", "diffusion samples in {0} of its damage").format(share)
    if name == "refined":
        return translate("Provenance", "refined over a coarser fill that holds the sample")
    if name == "restarted":
        strength = value.split(" ")[-1]
        return translate("Provenance", "refined from an earlier fill at strength {0}").format(strength)
    return f"{name}: {value}"


def _boundary(fill: FillProvenance) -> str:
    text = translate("Provenance", "{0} px to the edge of the fill").format(f"{fill.distance:g}")
    return text + ", " + translate("Provenance", "blended with the paint") if fill.blended else text
