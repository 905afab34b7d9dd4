"""Learning from example strokes in the background: previews, the model, and the whole mask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.commands.mask_detectors import CLOSING, DILATE, SMALLEST, Parameter, Values, core_parameters
from app.i18n.noop import QT_TRANSLATE_NOOP
from app.jobs.runner import Background
from imagest_core.arrays import Labels
from imagest_core.damage.detection.features import check_layer_count
from imagest_core.damage.detection.registered import RegisteredPicture
from imagest_core.damage.detection.trained_model import TrainedModel, load_model
from imagest_core.damage.map import DamageMap
from imagest_core.damage.stored_model import StoredModel
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Cancelled, Progress

FINE_PIXELS = 1_500_000
"""A part with more native pixels is previewed at the scale that is learned at."""
PREVIEW_PIXELS = (1_000_000, 4_000_000, 16_000_000)
"""Maximum number of pixels, at that scale, of the first preview and of the next ones: of a larger part the
middle is previewed first, then more of it."""

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "threshold",
        QT_TRANSLATE_NOOP("MaskDetectors", "Threshold"),
        0.05,
        0.95,
        0.45,
        "",
        0.05,
        QT_TRANSLATE_NOOP("MaskDetectors", "Probability from which a pixel is damaged"),
    ),
    CLOSING,
    Parameter("min_area", SMALLEST.text, 0, 400, 16, "px²", tip=SMALLEST.tip),
    DILATE,
)


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is learned from: ``strokes`` and the mask so far (None: not used), else a finished ``model``.

    ``key`` tells two lessons apart.
    """

    key: object
    strokes: DamageMap | None
    prior: DamageMap | None
    model: TrainedModel | None

    def check_layers(self, count: int) -> None:
        """Raise ``MaskError`` if the model needs another number of registered pictures than ``count``."""
        if self.model is not None:
            check_layer_count(self.model.settings.layers, count)


def read_model(path: Path, layers: int) -> StoredModel:
    """Read a damage model for a painting with ``layers`` registered pictures; raises ``MaskError``."""
    model = load_model(path)
    if model.settings.layers:
        check_layer_count(model.settings.layers, layers)
    return StoredModel.of(model, path.name)


@dataclass(frozen=True, eq=False)
class LearnedPreview:
    """(h, w) ``labels`` of the native ``box``, reduced by 2**``level``.

    ``partial``: more is visible; ``last``: no larger preview follows; ``learned``: the labels of the model.
    """

    box: Box
    level: int
    labels: Labels
    partial: bool
    last: bool
    learned: frozenset[int]


class Learner:
    """Keeps one classifier for a painting; its methods with a lock may be called in worker threads.

    Results go to ``show(LearnedPreview)`` and errors to ``failed``, in the window's thread. A new request
    cancels the one that is running. ``layers`` opens registered pictures that are learned from as well.
    """

    def __init__(
        self,
        painting: Painting,
        background: Background,
        show: Callable[[LearnedPreview], None],
        failed: Callable[[Exception], None],
        layers: Sequence[Callable[[], RegisteredPicture]] = (),
    ) -> None:
        self._layers, self._opened = layers, list[RegisteredPicture]()
        self._painting, self._background = painting, background
        self._show, self._failed = show, failed
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._classifier: Any = None
        self._learned: object = None

    def ask(self, lesson: Lesson, values: Values, visible: Box) -> None:
        """Request previews of ``visible``: of its middle first if it is large."""
        self.cancel()
        self._ask(lesson, values, visible, self._stop, PREVIEW_PIXELS)

    def _ask(
        self, lesson: Lesson, values: Values, visible: Box, stop: threading.Event, sizes: Sequence[int]
    ) -> None:
        """Request a preview of at most ``sizes[0]`` px, then larger ones."""

        def work() -> LearnedPreview | None:
            try:
                return self._preview(lesson, values, visible, sizes, Progress(cancelled=stop.is_set))
            except Cancelled:
                return None
            except Exception:
                if stop.is_set():  # the scan may be closed already
                    return None
                raise

        def done(preview: LearnedPreview | None) -> None:
            if preview is not None and not stop.is_set():
                self._show(preview)
                if not preview.last:
                    self._ask(lesson, values, visible, stop, sizes[1:])

        def failed(error: Exception) -> None:
            if not stop.is_set():
                self._failed(error)

        self._background.latest(self, work, done, failed)

    def cancel(self) -> None:
        """Stop the running preview, and show none."""
        self._stop.set()
        self._background.forget(self)
        self._stop = threading.Event()

    def prepare(self, visible: Box, width: float) -> None:
        """Compute the features of ``visible`` ahead, for strokes ``width`` px wide."""

        def work() -> None:
            with self._lock:
                if self._classifier is None:
                    self._made({}).prepare(visible, width)

        self._background.submit(work, lambda _: None)

    def model(self, lesson: Lesson, values: Values, progress: Progress) -> TrainedModel:
        """Return the model of ``lesson``; raises ``MaskError`` if it can't be learned from, ``Cancelled``."""
        with self._lock:
            return self._learn(lesson, values, progress)

    def derive(self, lesson: Lesson, values: Values, progress: Progress) -> tuple[TrainedModel, DamageMap]:
        """Return the model of ``lesson`` and the damage of the whole painting; raises ``Cancelled``."""
        from imagest_core.damage.detection.trainable import detect_learned

        model = self.model(lesson, values, progress.part(0, 0.1))
        part, parameters = progress.part(0.1, 1), _parameters(values)
        return model, detect_learned(self._painting, model, parameters, part, self._opened)

    def _preview(
        self, lesson: Lesson, values: Values, visible: Box, sizes: Sequence[int], progress: Progress
    ) -> LearnedPreview:
        with self._lock:
            progress.check()
            self._learn(lesson, values, progress)
            progress.check()
            level, learned = self._classifier.level, frozenset(self._classifier.model.labels)
            whole = visible.area <= FINE_PIXELS
            box = visible if whole else middle(visible, sizes[0] << (2 * level))
            last = box == visible or len(sizes) == 1
            if whole or level == 0:
                labels = self._classifier.preview(box, progress)
                return LearnedPreview(box, 0, labels, box != visible, last, learned)
            side = 1 << level
            aligned = Box(box.x // side * side, box.y // side * side, box.width, box.height)
            level, labels = self._classifier.preview_reduced(aligned, progress)
            return LearnedPreview(aligned, level, labels, box != visible, last, learned)

    def _learn(self, lesson: Lesson, values: Values, progress: Progress) -> TrainedModel:
        classifier = self._made(values)
        if self._learned is not lesson.key or classifier.model is None:
            self._learned = None
            if lesson.strokes is not None:
                classifier.update(lesson.strokes, progress, lesson.prior)
            else:
                assert lesson.model is not None
                classifier.use(lesson.model)
            self._learned = lesson.key
        model: TrainedModel = classifier.model
        return model

    def _made(self, values: Values) -> Any:
        from imagest_core.damage.detection.trainable import StrokeClassifier

        if self._classifier is None:
            self._opened = [open_layer() for open_layer in self._layers]
            self._classifier = StrokeClassifier(self._painting, layers=self._opened)
        self._classifier.parameters = _parameters(values)
        return self._classifier


def _parameters(values: Values) -> Any:
    from imagest_core.damage.detection.prediction import ExampleParameters

    return ExampleParameters(**core_parameters(values))


def middle(box: Box, pixels: int) -> Box:
    """Return the middle of ``box`` with at most about ``pixels`` pixels."""
    if box.area <= pixels:
        return box
    share = (pixels / box.area) ** 0.5
    width, height = max(int(box.width * share), 1), max(int(box.height * share), 1)
    return Box(box.x + (box.width - width) // 2, box.y + (box.height - height) // 2, width, height)
