"""The panel of the third step: engine, parameters, and the estimated time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QTimer, Signal

from app.context import Context
from app.document import OpenDocument
from app.i18n.durations import duration
from app.jobs.devices import CUDA, Device, device_now
from app.jobs.estimate import OPENING, Estimate, estimate, speed_key
from app.jobs.preload import Preloader
from app.messages import explained
from app.panels.presets import Presets
from app.panels.restore_advanced import Advanced
from app.panels.restore_choices import Choices
from app.panels.restore_start import Start
from app.selection import Proposal
from app.start_request import default_request, start_request
from app.widgets.parts import CollapsibleSection, Panel, rule
from imagest_core.errors import ImagestError, InputError
from imagest_core.progress import Cancelled, Progress
from imagest_core.project.storage.study_table import KeptStudy
from imagest_core.restoration.parameters import Parameters
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.used_parameters import used_parameters

ESTIMATE_WAIT = 250


class RestorePanel(Panel):
    """Shows and changes ``selection.request``; ``summary_changed(str)``: text for the title."""

    summary_changed = Signal(str)
    changes_document = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.choices = Choices(context.settings, context.background, self._studies)
        self.advanced, self.footer = Advanced(context), Start(context)
        self.fold = CollapsibleSection(self.tr("Advanced"), self.advanced)
        self.presets = Presets(context)
        self.column.addWidget(self.presets)
        self.column.addWidget(rule())
        self.column.addWidget(self.choices)
        self.column.addWidget(self.fold)
        self.column.addStretch(1)
        self._showing = False
        self._parameters: dict[str, Parameters] = {}
        """The parameters that each engine had when it was last chosen."""
        self.warming = Preloader(context, self)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(ESTIMATE_WAIT)
        self._wait.timeout.connect(self._estimate)
        self._proposed = False
        self._connect()
        context.selection.request = default_request(context.settings)
        self._show_request(context.selection.request)
        self.setEnabled(False)

    def _connect(self) -> None:
        context = self.context
        for part in (self.choices, self.advanced):
            part.changed.connect(lambda values: self._change(**values))
        self.footer.device_chosen.connect(self._choose_device)
        context.selection.request_changed.connect(self._show_request)
        context.selection.variations_changed.connect(lambda _: self._wait.start())
        context.selection.within_changed.connect(lambda _: self._wait.start())
        context.selection.proposal_changed.connect(self._follow_proposal)
        context.selection.variations_changed.connect(lambda _: self._show_changed_count())
        context.jobs.idle.connect(self._look_again)
        context.settings.changed.connect(self._prefer_device)
        context.models_changed.connect(lambda: self._show_request(context.selection.request))

    # Following

    def bind(self, document: OpenDocument) -> None:
        """Start with the parameters of ``document``, and follow what decides how long it takes."""
        self._parameters.clear()
        selection = self.context.selection
        selection.variations, selection.seed_locked = 1, True
        selection.request = start_request(self.context, document)
        document.damage_changed.connect(lambda _: self.refresh())
        document.classes_changed.connect(self._wait.start)
        document.studies_changed.connect(lambda: self._show_request(selection.request))
        self._show_request(selection.request)
        self._look_again()

    def _studies(self) -> Sequence[KeptStudy]:
        document = self.context.document
        return document.document.studies if document is not None else ()

    def refresh(self) -> None:
        """Show the request and the estimate."""
        self._wait.start()
        self._enable()

    def _look_again(self) -> None:
        """Ask for the device, whose free memory changes with every restoration, and estimate again."""
        self._wait.start()
        self.context.background.latest("device", device_now, self._show_device)

    def _change(self, **values: Any) -> None:
        if self._showing:
            return
        try:
            self.context.selection.request = self._changed(**values)
        except InputError as error:
            self.context.messages.fail(error, "parameters")
            self._show_request(self.context.selection.request)
        else:
            self.context.messages.resolve("parameters")

    def _changed(self, **values: Any) -> RestorationRequest:
        """The request with other values; an engine chosen again gets back the parameters it had."""
        request = self.context.selection.request
        self._parameters[request.engine] = request.parameters
        changed = request.changed(**values)
        if changed.engine != request.engine and changed.engine in self._parameters:
            known = self._parameters[changed.engine]
            own = {name: value for name, value in values.items() if name in known.specs()}
            return replace(changed, parameters=known.changed(**own))
        return changed

    def _choose_device(self, device: str) -> None:
        self._change(device=device)
        self.context.settings.prefer(device=device)

    def _prefer_device(self) -> None:
        self._change(device=self.context.settings.preferences.device)

    def _show_request(self, request: RestorationRequest) -> None:
        self._showing = True
        self.choices.show_request(request)
        self.advanced.show_request(request)
        self.footer.show_device(request.device, "device" in used_parameters(request))
        self._showing = False
        self._show_changed_count()
        self._wait.start()

    def _show_changed_count(self) -> None:
        """Say in the heading of the advanced parameters how many of them are not the default."""
        count, title = self.advanced.changed_count, self.tr("Advanced")
        changed = self.tr("%n changed", "", count) if count else ""
        self.fold.head.setText(f"{title}  • {changed}" if changed else title)

    def _show_device(self, device: Device) -> None:
        self.footer.found = device
        request = self.context.selection.request
        self.footer.show_device(request.device, "device" in used_parameters(request))

    def _enable(self) -> None:
        damaged = self.document is not None and not self.document.state.damage.empty
        self.footer.allow(damaged, self.read_only)

    def update_access(self) -> None:
        """Also disable the buttons below the panel."""
        super().update_access()
        self._enable()

    # How long

    def _follow_proposal(self, proposal: Proposal | None) -> None:
        """Say that a preview on the picture isn't part of the damage."""
        if self._proposed != (proposal is not None):
            self._proposed = proposal is not None
            self._wait.start()

    def _estimate(self) -> None:
        self._enable()
        document, selection = self.document, self.context.selection
        request = replace(selection.request, within=selection.within)
        if document is None or document.state.damage.empty:
            self.footer.say(self.tr("Mark damage first: there is nothing to restore yet."))
            self.context.selection.windows = ()
            self.summary_changed.emit(self.tr("mark damage first") if document else "")
            return
        if not self.context.selection.windows:
            self.footer.say(self.tr("Looking at the damage…"))
        damage, box, context = document.state.damage.copy(), document.painting.box, self.context
        progress = Progress(cancelled=lambda: not context.free)
        context.background.latest(
            "estimate",
            lambda: estimate(damage, box, request, progress),
            self._show_estimate,
            self._no_estimate,
        )

    def _show_estimate(self, found: Estimate) -> None:
        if self.document is None:
            return
        self.context.selection.windows = tuple(window.box for window in found.windows)
        regions = self.tr("%n region(s)", "", found.regions)
        tiles = self.tr("%n tile(s)", "", len(found.windows))
        text = self.tr("{0}, {1} px, in {2}").format(regions, f"{found.pixels:,}", tiles)
        if self.context.selection.within is not None:
            text += self.tr(" · within the selection")
        if self._proposed:
            text += self.tr(" · without the preview, which is not applied yet")
        seconds = self.expected_seconds(found)
        if seconds is not None:
            text += self.tr(" · about {0} here").format(duration(seconds))
            self.summary_changed.emit(self.tr("about {0}").format(duration(seconds)))
        else:
            text += self.tr(" · the first run tells how long it takes here")
            self.summary_changed.emit(self.tr("ready"))
        if found.coarsest > 1:
            text += self.tr(" · large damage is filled at 1:{0} first, then refined").format(found.coarsest)
        self.footer.say(text + self._memory_text(found.memory, measured=seconds is not None))

    def _memory_text(self, needed: int, *, measured: bool = False) -> str:
        """The memory that a large model needs, and whether the GPU has it; how slow it is unless measured."""
        if not needed:
            return ""
        text = self.tr(" · about {0} GB of memory").format(f"{needed / 1e9:.1f}")
        device, request = self.footer.found, self.context.selection.request
        if device.kind(request.device) == CUDA and device.free << 20 < needed:
            text += self.tr(", more than is free on the GPU: it will be slower")
        elif device.kind(request.device) != CUDA and not measured:
            text += self.tr(", minutes a tile without a GPU")
        return text

    def expected_seconds(self, found: Estimate) -> float | None:
        """How long ``found`` takes here, all variations together; None before the first run of its kind."""
        settings, request = self.context.settings, self.context.selection.request
        device = self.footer.found.kind(request.device)
        speed = settings.speed(speed_key(request, device))
        if speed is None:
            return None
        count = self.context.selection.variations if "seed" in used_parameters(request) else 1
        seconds = speed * found.work * max(count, 1)
        if "model" in used_parameters(request) and not network_loaded():
            seconds += settings.speed(f"{OPENING}/{request.engine}/{device}") or 0.0
        return seconds

    def _no_estimate(self, error: Exception) -> None:
        """Show why there is none; one that a gesture stopped, so as not to slow it down, is made after it."""
        if isinstance(error, Cancelled):
            self.context.when_free(self._estimate)
            return
        self.summary_changed.emit("")
        if isinstance(error, ImagestError):
            self.footer.say(explained(error)[0], "warn")


def network_loaded() -> bool:
    """Whether the code of the network has been imported."""
    return "imagest_core.restoration.diffusion.session" in sys.modules
