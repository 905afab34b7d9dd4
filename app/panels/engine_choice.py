"""The choice of engine and model in one list."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets.combo_box import narrow_combo_box
from imagest_core.models.installed import EMBEDDED
from imagest_core.restoration.engines.registry import engine_names, get_engine
from imagest_core.restoration.request import RestorationRequest


@dataclass(frozen=True)
class EngineEntry:
    """An engine with one of its models; ``model`` is "" for engines without and for the embedded one."""

    engine: str
    model: str
    text: str

    @property
    def key(self) -> str:
        """Key in the list: the engine's name, with that of the model where it has some."""
        return f"{self.engine}/{self.model}" if self.model else self.engine

    def named(self) -> EngineEntry:
        """Return the entry with the model's name behind its title."""
        return replace(self, text=f"{self.text} ({self.model})")


def entries() -> list[EngineEntry]:
    """Return every engine with each of its installed models; without a model an engine is left out.

    Models of the same title are told apart by the names under which they were added.
    """
    found = []
    for name in engine_names():
        engine = get_engine(name)
        if "model" not in engine.Parameters.specs():
            found.append(EngineEntry(name, "", engine.title))
        for model in engine.models():
            if model.name == EMBEDDED:
                found.append(EngineEntry(name, "", engine.title))
            else:
                found.append(EngineEntry(name, model.name, f"{engine.title} · {model.title or model.name}"))
    counts = Counter(entry.text for entry in found)
    return [entry.named() if counts[entry.text] > 1 and entry.model else entry for entry in found]


def entry_of(request: RestorationRequest, known: list[EngineEntry], missing: str) -> EngineEntry:
    """Return the entry of a request; a new one, marked by the text ``missing``, if it isn't installed."""
    model = str(request.get("model") or "")
    model = "" if model == EMBEDDED else model
    own = [entry for entry in known if entry.engine == request.engine]
    exact = next((entry for entry in own if entry.model == model), None)
    if exact is not None:
        return exact
    if not model and own:
        return own[0]
    title = get_engine(request.engine).title
    return EngineEntry(request.engine, model, f"{title} · {model}{missing}" if model else f"{title}{missing}")


class EngineChoice(QWidget):
    """``chosen(engine, model)``: the user has chosen an entry."""

    chosen = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.box = narrow_combo_box()
        self._entries: list[EngineEntry] = []
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.box)
        self.box.setAccessibleName(self.tr("Engine"))
        self.box.activated.connect(self._activated)
        self.setFocusProxy(self.box)

    def show_request(self, request: RestorationRequest) -> None:
        """List what is installed now and select the entry of ``request``."""
        known = entries()
        own = entry_of(request, known, self.tr(" (not installed)"))
        shown = known if own in known else [*known, own]
        with QSignalBlocker(self.box):
            if shown != self._entries:
                self._entries = shown
                self.box.clear()
                for entry in shown:
                    self.box.addItem(entry.text, entry.key)
            self.box.setCurrentIndex(shown.index(own))
        self.box.setToolTip(own.text)

    def _activated(self, index: int) -> None:
        key = str(self.box.itemData(index))
        engine, _, model = key.partition("/")
        self.chosen.emit(engine, model)
