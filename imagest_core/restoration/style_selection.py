"""Select the style reference of a restoration: the user's, else one suggested by the program."""

from __future__ import annotations

from imagest_core.damage.map import DamageMap
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.check import check_style
from imagest_core.style.reference import StyleReference
from imagest_core.style.suggest import suggest_regions


def checked_style(
    painting: Painting,
    damage: DamageMap,
    request: RestorationRequest,
    style: StyleReference | None,
    *,
    trim: bool = False,
    progress: Progress | None = None,
) -> StyleReference | None:
    """Return the user's style, else intact regions suggested by the program, or None if unused.

    ``damage`` is all damage, including what isn't filled now. With ``trim``, regions that touch damage are
    cut to their intact part. Raises ``StyleError`` if the user's style can't be used, and ``Cancelled``.
    """
    checked = None
    if style is not None:
        checked = check_style(style, painting, damage, trim, dilation=request.dilation)
    if not get_engine(request.engine).uses_style(request):
        return None
    return checked or StyleReference(suggest_regions(painting, damage, progress=progress), suggested=True)
