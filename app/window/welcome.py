"""The start view: open a file, a recent file or the sample."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QSpacerItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.context import Context
from app.document import PROJECT_SUFFIX
from app.theme import GRID
from app.widgets.images import image_of
from app.widgets.parts import button, clear, column, label, row
from app.widgets.project_folder import ProjectFolder
from imagest_core.errors import ImagestError

THUMB = QSize(184, 120)
PIXEL_RATIO = 2
"""Device pixels of an icon for each pixel of ``THUMB``, for screens of a high resolution."""
COLUMNS = 4
MAX_RECENT = 8
_ABOVE = QSizePolicy.Policy.Minimum, QSizePolicy.Policy.MinimumExpanding
"""How the space above the page grows."""


class Welcome(QScrollArea):
    """Start view with recent files; emits ``chosen(path)``, ``browse()`` and ``sample()``."""

    chosen = Signal(object)
    browse = Signal()
    sample = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.setWidgetResizable(True)
        self.setAccessibleName(self.tr("Start"))
        inside = QWidget()
        inside.setObjectName("welcome")
        inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWidget(inside)
        self._outer = outer = QVBoxLayout(inside)
        self._above = QSpacerItem(0, 0, *_ABOVE)
        outer.addItem(self._above)
        outer.setStretch(0, 2)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addLayout(self._content())
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(3)
        context.settings.recent_changed.connect(self.refresh)
        self.refresh()

    def _content(self) -> QVBoxLayout:
        inside = column(spacing=GRID)
        inside.addWidget(label(self.tr("Imagest Workstation"), "title"))
        inside.addWidget(
            label(
                self.tr("Restores exactly the damaged pixels of a scan; everything else stays identical."),
                "soft",
            )
        )
        inside.addSpacing(2 * GRID)
        opener = button(self.tr("Open a scan or project…"), self.browse.emit, primary=True)
        sample = button(self.tr("Try the sample"), self.sample.emit, icon="sample")
        hint = label(self.tr("or drop a file anywhere in this window"), "small")
        inside.addLayout(row(opener, sample, hint, None))
        inside.addSpacing(3 * GRID)
        self._heading = label(self.tr("Recent"), "heading")
        inside.addWidget(self._heading)
        self._grid = QGridLayout()
        self._grid.setSpacing(2 * GRID)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignLeft)
        inside.addLayout(self._grid)
        self._nothing = label(self.tr("Scans and projects that you open are listed here."), "soft")
        inside.addWidget(self._nothing)
        inside.addSpacing(GRID)
        inside.addWidget(ProjectFolder())
        return inside

    def reserve_top(self, height: int) -> None:
        """Begin the page below ``height`` pixels: a message covers them."""
        self._above.changeSize(0, height, *_ABOVE)
        self._outer.invalidate()

    def refresh(self) -> None:
        """Show the current list of recent files."""
        clear(self._grid)
        paths = [Path(item.path) for item in self._context.settings.recent[:MAX_RECENT]]
        self._nothing.setVisible(not paths)
        folders = distinguishing_folders(paths, self._fits)
        for number, path in enumerate(paths):
            tile = self._tile(path, folders[number], two_lines=any(folders))
            self._grid.addWidget(tile, number // COLUMNS, number % COLUMNS)

    def _fits(self, text: str) -> bool:
        """Whether a line of a tile shows all of ``text``."""
        return self.fontMetrics().horizontalAdvance(text) <= THUMB.width()

    def _tile(self, path: Path, folder: str, *, two_lines: bool) -> QToolButton:
        """A button for ``path``; ``two_lines``: the second line of the text is for a ``folder``."""
        tile = QToolButton()
        tile.setObjectName("tile")
        tile.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        tile.setIconSize(THUMB)
        metrics = tile.fontMetrics()
        lines = [path.name, folder] if two_lines else [path.name]
        tile.setFixedSize(THUMB.width() + 24, THUMB.height() + 48 + (len(lines) - 1) * metrics.lineSpacing())
        shown = (metrics.elidedText(each, Qt.TextElideMode.ElideMiddle, THUMB.width()) for each in lines)
        tile.setText("\n".join(shown).replace("&", "&&"))
        tile.setToolTip(str(path))
        tile.setAccessibleName(self.tr("Open {0}").format(path if folder else path.name))
        tile.setIcon(_centred(theme.pixmap("donor", theme.roles().faint, 48, PIXEL_RATIO)))
        tile.clicked.connect(lambda: self.chosen.emit(path))
        self._context.background.submit(
            lambda: thumbnail(path), lambda image: _show(tile, image), priority=-1
        )
        return tile


def _show(tile: QToolButton, image: QImage | None) -> None:
    from shiboken6 import isValid

    if image is not None and isValid(tile):
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        tile.setIcon(_centred(QPixmap.fromImage(image).scaled(THUMB * PIXEL_RATIO, keep, smooth)))


def _centred(picture: QPixmap) -> QIcon:
    """An icon of the size of ``THUMB``, so that the names below all icons stand in one line."""
    canvas = QPixmap(THUMB * PIXEL_RATIO)
    canvas.fill(Qt.GlobalColor.transparent)
    picture.setDevicePixelRatio(1)
    place = picture.rect()
    place.moveCenter(canvas.rect().center())
    painter = QPainter(canvas)
    painter.drawPixmap(place.topLeft(), picture)
    painter.end()
    canvas.setDevicePixelRatio(PIXEL_RATIO)
    return QIcon(canvas)


def distinguishing_folders(paths: list[Path], fits: Callable[[str], bool]) -> list[str]:
    """The folder of each path whose file name occurs more than once; "" for the others.

    Where it does not fit, what the folders of that name have in common at the beginning becomes "…".
    """
    alike: dict[str, list[Path]] = {}
    for path in paths:
        alike.setdefault(path.name, []).append(path.parent)
    return [
        "" if len(alike[path.name]) == 1 else _folder_text(path.parent, alike[path.name], fits)
        for path in paths
    ]


def _folder_text(folder: Path, others: list[Path], fits: Callable[[str], bool]) -> str:
    shared = [parent for parent in folder.parents if all(parent in each.parents for each in others)]
    if fits(str(folder)) or not shared:
        return str(folder)
    return str(Path("…") / folder.relative_to(shared[0]))


def thumbnail(path: Path) -> QImage | None:
    """A small image of a scan or of a project's scan; None if it can't be read."""
    from imagest_core.painting.reader import open_painting

    try:
        scan = _scan_of(path)
        if scan is None:
            return None
        with open_painting(scan, assume_srgb=True) as painting:
            return image_of(painting.read_working(level=painting.levels - 1))
    except (ImagestError, OSError, ValueError):
        return None


def _scan_of(path: Path) -> Path | None:
    if path.suffix != PROJECT_SUFFIX:
        return path
    from imagest_core.project.storage.store import Store

    store = Store.open(path, read_only=True)
    try:
        return store.state().painting.path
    finally:
        store.close()
