"""Notes on what happens to the parts of a scan's file that aren't samples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from imagest_core.messages import Message, joined, template

Action = Literal["updated", "removed", "lost", "converted", "kept"]

_SENTENCES: dict[Action, str] = {
    "updated": template("Updated to show the restored picture: {part}."),
    "removed": template("Removed, as it shows the picture before the restoration: {part}."),
    "lost": template("Not carried into the TIFF, so only the scan has it: {part}."),
    "converted": template("Carried into the TIFF in another form: {part}."),
    "kept": template("Kept as it is: {part}."),
}


@dataclass(frozen=True)
class WritingNote:
    """What the writer does with one part of the file.

    ``tag`` names the part with its number (``Photoshop layers (tag 37724)``); ``detail`` adds an explanation.
    """

    tag: str
    action: Action
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The note as a sentence for the user."""
        part = joined([self.tag, self.detail]) if self.detail else self.tag
        return Message(_SENTENCES[self.action], part=part)


def sentences(notes: Iterable[WritingNote]) -> tuple[str, ...]:
    """Return the notes as sentences for the user, without duplicates, in order."""
    return tuple(dict.fromkeys(note.sentence for note in notes))
