"""The pages of the documentation: their links lead somewhere, and their tables match the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imagest_core.restoration.engines.imagest import PRESETS
from imagest_core.restoration.modes import Quality
from imagest_core.restoration.texture.texture_transfer import SYNTHESIS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def anchors(page: Path) -> set[str]:
    """The anchors of a page: those that GitHub makes of its headings, and explicit ones."""
    text = page.read_text("utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return set(re.findall(r'<a id="([\w-]+)"></a>', text)) | {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    assert links or page.name != "README.md"
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def numbers(cell: str) -> tuple[int, ...]:
    return tuple(int(number.replace(",", "")) for number in re.findall(r"\d+(?:,\d{3})*", cell))


@pytest.mark.parametrize("quality", list(Quality))
def test_the_table_of_presets_matches_the_code(quality: Quality) -> None:
    text = (ROOT / "docs" / "filling.md").read_text("utf-8")
    (row,) = re.findall(rf"^\| `{quality.value}` \| (.*) \|$", text, re.MULTILINE)
    steps, rounds, candidates, contrast = row.split(" | ")
    synthesis = SYNTHESIS[quality]
    assert int(steps) == PRESETS[quality][1]
    assert numbers(rounds) == synthesis.rounds
    assert numbers(candidates) == synthesis.candidates
    assert float(contrast.removeprefix("× ")) == synthesis.contrast
