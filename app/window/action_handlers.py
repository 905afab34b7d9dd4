"""Handlers of the actions. Those that need a dialog are here, all others in ``app.commands``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from app.commands import decide as deciding
from app.commands import mask as masking
from app.commands import mask_import as importing
from app.commands import open as opening
from app.commands import restore as restoring
from app.commands import select as selecting
from app.commands import statistics
from app.commands.confirm_cancel import may_close
from app.commands.hypotheses import make_hypotheses, refine_hypothesis
from app.commands.reject_part import start_rejecting
from app.diagnostics import diagnostics
from app.document import PROJECT_SUFFIX, ProjectFoundError, ScanMissingError
from app.selection import REJECT_TOOLS, Compare, ToolName
from app.window.file_questions import FileQuestions
from app.window.manual_help import ManualHelp
from app.window.parts import WindowParts
from app.window.preset_questions import PresetQuestions
from app.window.result_questions import ResultQuestions
from app.window.view_handlers import ViewHandlers
from imagest_core.errors import ProfileError

TOGGLES = {
    "mask_visible": "mask_visible",
    "zones_visible": "zones_visible",
    "windows_visible": "windows_visible",
    "provenance_visible": "provenance_visible",
    "probe_visible": "probe_visible",
    "overwrite": "overwrite_classes",
    "subtracting": "subtracting",
    "notes_visible": "notes_visible",
}
STORED_TOGGLES = ("mask_hatched", "scale_bar")
"""Toggles that are preferences: they are kept for the next session."""
COMMANDS: dict[str, Callable] = {
    "open_sample": opening.open_sample,
    "flip": lambda context: context.selection.flip(),
    "swap_tool": lambda context: context.selection.swap_tool(),
    "brush_smaller": lambda context: context.selection.step_brush(False),
    "brush_larger": lambda context: context.selection.step_brush(True),
    "grow": masking.grow,
    "shrink": masking.shrink,
    "invert": masking.invert,
    "clear_class": masking.clear_class,
    "clear_all": masking.clear_all,
    "select_all": selecting.select_all,
    "select_visible": selecting.select_visible,
    "select_class": selecting.select_class,
    "invert_selection": selecting.invert_selection,
    "clear_selection": selecting.clear_selection,
    "restore_all": restoring.restore_all,
    "restore_visible": restoring.restore_visible,
    "restore_region": restoring.restore_region,
    "restore_part": restoring.restore_part,
    "make_hypotheses": make_hypotheses,
    "refine_hypothesis": refine_hypothesis,
    "new_seed": restoring.new_seed,
    "show_result": restoring.show_result,
    "accept_run": deciding.accept_run,
    "reject_run": deciding.reject_run,
    "copy_parameters": deciding.copy_parameters,
    "next_unreviewed": deciding.next_unreviewed,
    "accept_region": deciding.accept_region,
    "reject_region": deciding.reject_region,
}


class ActionHandlers(QObject):
    """Connects the actions of a window and the requests of its panels."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._parts, self._window, self._context = parts, parts.window, parts.context
        self._context.scan_missing.connect(self.locate_scan)
        self._context.profile_unusable.connect(self.ask_for_srgb)
        self._context.project_found.connect(self.offer_project)
        self._context.rim_requested.connect(self.clean_rim)
        self._preset_questions = PresetQuestions(parts)
        self.manual_help = ManualHelp(parts)
        self._result_questions = ResultQuestions(parts)
        self._files = FileQuestions(parts.context, parts.window)
        self._view = ViewHandlers(parts, self._files)

    def connect_all(self) -> None:
        """Connect every action; an action without a handler raises ``AttributeError``."""
        for name, action in self._parts.actions.all():
            handler = self._handler(name)
            if name in TOGGLES or name in STORED_TOGGLES:
                action.toggled.connect(handler)
            else:
                action.triggered.connect(lambda _=False, handler=handler: handler())
        self._connect_panels()

    def _connect_panels(self) -> None:
        """Connect the buttons of the welcome view and the panels that need a dialog."""
        parts = self._parts
        for request, handler in (
            (parts.welcome.browse, self.open),
            (parts.welcome.sample, lambda: opening.open_sample(self._context)),
            (parts.welcome.chosen, lambda path: opening.open_path(self._context, path)),
            (parts.damage.import_requested, self.import_mask),
            (parts.style.donor_requested, self.donor),
            (parts.damage.derive.learn.save_requested, self.save_damage_model),
            (parts.damage.derive.learn.load_requested, self.load_damage_model),
            (parts.results.discard_requested, self._result_questions.discard_run),
            (parts.results.rename_requested, self._result_questions.rename_run),
            (parts.restore.presets.save_requested, self._preset_questions.save),
            (parts.restore.presets.delete_requested, self._preset_questions.delete),
        ):
            request.connect(handler)

    def _handler(self, name: str) -> Callable:
        selection, context = self._context.selection, self._context
        if name in COMMANDS:
            return lambda: COMMANDS[name](context)
        if name in TOGGLES:
            return lambda on: setattr(selection, TOGGLES[name], on)
        if name.removeprefix("tool_") in REJECT_TOOLS:
            return lambda: self._start_rejecting(ToolName(name.removeprefix("tool_")))
        if name in STORED_TOGGLES:
            return lambda on: context.settings.prefer(**{name: on})
        if name.startswith("palette_"):
            return lambda: context.settings.prefer(palette=name.removeprefix("palette_"))
        if name.startswith("tool_"):
            return lambda: setattr(selection, "tool", ToolName(name.removeprefix("tool_")))
        if name == Compare.CONTACT:
            return self._compare_variations
        if name in tuple(Compare):
            return lambda: setattr(selection, "compare", Compare(name))
        owners = (self._view, self._result_questions, self)
        owner = next(each for each in owners if name in vars(type(each)))
        handler: Callable = getattr(owner, name)
        return handler

    def _start_rejecting(self, tool: ToolName) -> None:
        """Select a tool that rejects a part; keep the current one checked if that is refused."""
        start_rejecting(self._context, tool)
        current = f"tool_{self._context.selection.tool}"
        if current in dict(self._parts.actions.all()):
            self._parts.actions[current].setChecked(True)

    def _compare_variations(self) -> None:
        """Show the variations of a region, or leave them; check the action of the current mode."""
        deciding.compare_variations(self._context)
        self._parts.actions[self._context.selection.compare].setChecked(True)

    # File

    def open(self) -> None:
        """Ask for a scan or a project."""
        folder = str(self._context.settings.folder("open"))
        chosen, _ = QFileDialog.getOpenFileName(self._window, self.tr("Open"), folder, opening.file_filter())
        if chosen:
            opening.open_path(self._context, Path(chosen))

    def close(self) -> None:
        """Close the document and show the welcome view."""
        if may_close(self._context):
            opening.close(self._context)

    def locate_scan(self, missing: ScanMissingError) -> None:
        """Ask for the current location of a project's scan."""
        from app.dialogs.locate_scan import LocateScanDialog

        LocateScanDialog(self._context, missing, self._window).open()

    def ask_for_srgb(self, error: ProfileError, go_on: Callable[[], None]) -> None:
        """Ask whether to assume sRGB in place of an unusable colour profile."""
        from app.dialogs.profile import ProfileDialog

        ProfileDialog(error, go_on, self._window).open()

    def offer_project(self, found: ProjectFoundError) -> None:
        """Offer the saved project of a scan that was opened."""
        from app.dialogs.project_found import ProjectFoundDialog

        ProjectFoundDialog(self._context, found, self._window).open()

    def save(self) -> None:
        """Save the project; ask for a file name if it has none."""
        if not opening.save(self._context):
            self.save_as()

    def save_as(self) -> None:
        """Ask for a file name and save the project there."""
        if (document := self._context.document) is None:
            return
        kinds = self.tr("Projects") + f" (*{PROJECT_SUFFIX})"
        name = f"{document.painting.path.stem}{PROJECT_SUFFIX}"
        if path := self._files.ask_save("project", self.tr("Save project"), name, kinds, (PROJECT_SUFFIX,)):
            opening.save_as(self._context, path)

    def export(self) -> None:
        """Open the export dialog. It is modeless, so that a job can still be cancelled in the window."""
        from app.dialogs.export import ExportDialog

        if self._context.document is None:
            return
        visible = (each for each in self._window.findChildren(ExportDialog) if each.isVisible())
        dialog = next(visible, None) or ExportDialog(self._context, self._window)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def settings(self) -> None:
        """Open the settings dialog."""
        from app.dialogs.settings import SettingsDialog

        SettingsDialog(self._context, self._window).open()

    def quit(self) -> None:
        """Close the window."""
        self._window.close()

    def confirm_loss(self) -> bool:
        """Ask whether to close although the project could not be saved; if so, abandon the document."""
        answer = QMessageBox.warning(
            self._window,
            self.tr("Changes are not saved"),
            self.tr("The project could not be saved. Close it and lose the latest changes?"),
            QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        if answer == QMessageBox.StandardButton.Discard and self._context.document is not None:
            self._context.document.abandon()
            return True
        return False

    # Edit

    def undo(self) -> None:
        """Undo the latest operation."""
        if self._context.document is not None:
            self._context.attempt(self._context.document.undo)

    def redo(self) -> None:
        """Redo the operation that was undone last."""
        if self._context.document is not None:
            self._context.attempt(self._context.document.redo)

    def copy_diagnostics(self) -> None:
        """Copy what a bug report needs to the clipboard."""
        QApplication.clipboard().setText(diagnostics(self._parts.banner.message))
        self._context.messages.say(self.tr("The diagnostics were copied to the clipboard."))

    # Mask

    def derive_difference(self) -> None:
        """Open the panel that derives a mask from a clean picture."""
        self._derive("difference")

    def derive_cracks(self) -> None:
        """Open the panel that detects cracks."""
        self._derive("cracks")

    def derive_losses(self) -> None:
        """Open the panel that detects losses."""
        self._derive("losses")

    def _derive(self, method: str) -> None:
        self.show_panel("damage")
        self._parts.damage.show_derive(method)

    def save_damage_model(self) -> None:
        """Ask for a file and write what was learned from strokes to it."""
        if path := self._files.ask_save_model():
            self._parts.damage.derive.learn.save(path)

    def load_damage_model(self) -> None:
        """Ask for a damage model and use it."""
        if path := self._files.ask_open_model():
            self._parts.damage.derive.learn.load(path)

    def clean_rim(self) -> None:
        """Examine the rim of the mask in the Damage panel."""
        self.show_panel("damage")
        self._parts.damage.show_rim()

    def import_mask(self) -> None:
        """Ask for a mask file and import it."""
        if path := self._files.ask_picture("mask", self.tr("Import a mask")):
            importing.import_mask(self._context, path, self._choose_classes)

    def _choose_classes(self, preview: importing.MaskPreviewed) -> None:
        from app.dialogs.import_mask import ImportMaskDialog

        ImportMaskDialog(self._context, preview, self._window).open()

    def export_mask(self) -> None:
        """Ask for a file and export the mask to it."""
        document = self._context.document
        if document is None:
            return
        name, kinds = f"{document.painting.path.stem}-mask.png", "PNG (*.png);;TIFF (*.tif)"
        suffixes = ".png", ".tif", ".tiff"
        if path := self._files.ask_save("mask", self.tr("Export the mask"), name, kinds, suffixes):
            masking.export_mask(self._context, path)

    def export_statistics(self) -> None:
        """Ask for a file and export the figures by class, and a list of the regions beside it."""
        document = self._context.document
        if document is None:
            return
        name, title = f"{document.painting.path.stem}-damage.csv", self.tr("Export the damage statistics")
        path = self._files.ask_save("statistics", title, name, "CSV (*.csv)", (".csv",))
        if path is not None and self._files.may_write(statistics.regions_path(path)):
            statistics.export_statistics(self._context, path)

    # Style

    def suggest_style(self) -> None:
        """Search for suitable style regions."""
        self.show_panel("style")
        self._parts.style.suggest()

    def accept_suggestions(self) -> None:
        """Use the outlined style regions."""
        self._parts.style.accept_suggestions()

    def donor(self) -> None:
        """Ask for another picture to take the style from."""
        if path := self._files.ask_picture("donor", self.tr("Choose a donor picture")):
            self._parts.style.set_donor(path)

    def clear_style(self) -> None:
        """Remove all style references."""
        self._parts.style.remove_all()

    # Restore

    def cancel(self) -> None:
        """Cancel the running job."""
        self._context.jobs.cancel()

    # Results

    def previous_run(self) -> None:
        """Show the previous result."""
        deciding.step_run(self._context, -1)

    def next_run(self) -> None:
        """Show the next result."""
        deciding.step_run(self._context, 1)

    def show_accepted(self) -> None:
        """Show the accepted fills without a result under review."""
        deciding.look_at(self._context, None)

    def next_region(self) -> None:
        """Go to the next region."""
        deciding.step_region(self._context, 1)

    def previous_region(self) -> None:
        """Go to the previous region."""
        deciding.step_region(self._context, -1)

    def models(self) -> None:
        from app.dialogs.models import ModelsDialog

        ModelsDialog(self._context, self._window).open()

    def queue(self) -> None:
        """Show the queue; its window is made once."""
        from app.dialogs.queue import QueueDialog

        shown = self._window.findChild(QueueDialog) or QueueDialog(self._context, self._window)
        shown.present()

    # Help

    def manual(self) -> None:
        """Open the manual at the page of what is in use."""
        self.manual_help.show_current()

    def shortcuts(self) -> None:
        from app.dialogs.shortcuts import ShortcutsDialog

        ShortcutsDialog(self._window).open()

    def about(self) -> None:
        from app.dialogs.about import AboutDialog

        AboutDialog(self._window).open()

    def show_panel(self, name: str) -> None:
        """Open the dock of this panel and bring it to the front."""
        dock = self._parts.docks[name]
        dock.show()
        dock.open(True)
        dock.raise_()
