"""The style reference a restoration really gets: the user's where it can be used, else the program's."""

from __future__ import annotations

from imagest_core.damage.map import DamageMap
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.restoration.engines import engine
from imagest_core.restoration.fields import uses_style
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
    """The user's style, else intact regions picked by the program, else none if ``request`` uses none.

    ``damage`` is all there is, also where it isn't to be filled now. Raises ``StyleError`` where the
    user's can't be used; with ``trim`` regions that touch damage are cut to their intact part; ``Cancelled``.
    """
    checked = None
    if style is not None:
        checked = check_style(style, painting, damage, trim, dilation=request.growth)
    if not uses_style(engine(request.engine), request):
        return None
    return checked or StyleReference(suggest_regions(painting, damage, progress=progress), suggested=True)
