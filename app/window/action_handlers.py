"""What each action does; whatever needs a dialog is here, everything else in ``commands``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QLineEdit, QMessageBox

from app.commands import decide as deciding
from app.commands import mask as masking
from app.commands import open as opening
from app.commands import restore as restoring
from app.commands.confirm_cancel import may_close
from app.document import PROJECT_SUFFIX, ScanMissingError
from app.selection import Compare, Tool
from app.window.banner import diagnostics
from imagest_core.errors import ProfileError

if TYPE_CHECKING:
    from app.window.main_window import MainWindow

ZOOM_STEP = 1.25
TOGGLES = {
    "mask_visible": "mask_visible",
    "zones_visible": "zones_visible",
    "windows_visible": "windows_visible",
    "provenance_visible": "provenance_visible",
    "overwrite": "overwrite_classes",
}
COMMANDS: dict[str, Callable] = {
    "open_sample": opening.open_sample,
    "grow": masking.grow,
    "shrink": masking.shrink,
    "invert": masking.invert,
    "clear_class": masking.clear_class,
    "clear_all": masking.clear_all,
    "restore_all": restoring.restore_all,
    "restore_visible": restoring.restore_visible,
    "restore_region": restoring.restore_region,
    "new_seed": restoring.new_seed,
    "accept_run": deciding.accept_run,
    "reject_run": deciding.reject_run,
    "copy_parameters": deciding.copy_parameters,
    "next_unreviewed": deciding.next_unreviewed,
    "accept_region": deciding.accept_region,
    "reject_region": deciding.reject_region,
}


class Slots(QObject):
    """Connects the actions of a window, and what its panels' buttons ask for."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._context = window, window.context
        self._context.scan_missing.connect(self.show_where)
        self._context.profile_unusable.connect(self.ask_for_srgb)

    def connect_all(self) -> None:
        """Give every action its slot; one without is a fault."""
        for name, action in self._window.actions_.all():
            slot = self._slot(name)
            if name in TOGGLES:
                action.toggled.connect(slot)
            else:
                action.triggered.connect(lambda _=False, slot=slot: slot())
        self._connect_wishes()

    def _connect_wishes(self) -> None:
        """What the buttons of the welcome view and the panels ask for."""
        window = self._window
        for wish, slot in (
            (window.welcome.browse, self.open),
            (window.welcome.sample, lambda: opening.open_sample(self._context)),
            (window.welcome.chosen, lambda path: opening.open_path(self._context, path)),
            (window.damage.import_requested, self.import_mask),
            (window.style_panel.donor_requested, self.donor),
            (window.results.discard_requested, self.discard_run),
            (window.results.rename_requested, self.rename_run),
        ):
            wish.connect(slot)

    def _slot(self, name: str) -> Callable:
        selection, context = self._context.selection, self._context
        if name in COMMANDS:
            return lambda: COMMANDS[name](context)
        if name in TOGGLES:
            return lambda on: setattr(selection, TOGGLES[name], on)
        if name.startswith("tool_"):
            return lambda: setattr(selection, "tool", Tool(name.removeprefix("tool_")))
        if name in tuple(Compare):
            return lambda: setattr(selection, "compare", Compare(name))
        own: Callable = getattr(self, name)
        return own

    # File

    def open(self) -> None:
        """Ask for a scan or a project."""
        folder = str(self._context.settings.folder("open"))
        chosen, _ = QFileDialog.getOpenFileName(self._window, self.tr("Open"), folder, opening.file_filter())
        if chosen:
            opening.open_path(self._context, Path(chosen))

    def close(self) -> None:
        """Back to the welcome view."""
        if may_close(self._context):
            opening.close(self._context)

    def show_where(self, missing: ScanMissingError) -> None:
        """Ask where the scan of a project is now."""
        from app.dialogs.locate_scan import LocateScanDialog

        LocateScanDialog(self._context, missing, self._window).open()

    def ask_for_srgb(self, error: ProfileError, go_on: Callable[[], None]) -> None:
        """Ask whether sRGB may stand for a colour profile that can't be used."""
        from app.dialogs.profile import ProfileDialog

        ProfileDialog(error, go_on, self._window).open()

    def save(self) -> None:
        """Keep the project; ask for a name if it has none."""
        if not opening.save(self._context):
            self.save_as()

    def save_as(self) -> None:
        """Ask for a name."""
        document = self._context.document
        if document is None:
            return
        folder = self._context.settings.folder("project")
        proposed = folder / f"{document.painting.path.stem}{PROJECT_SUFFIX}"
        kinds = self.tr("Projects") + f" (*{PROJECT_SUFFIX})"
        if path := self._ask_save(self.tr("Save project"), proposed, kinds, (PROJECT_SUFFIX,)):
            opening.save_as(self._context, path)

    def export(self) -> None:
        """Ask what to write, and where; the window can be used meanwhile, to cancel for instance."""
        from app.dialogs.export import ExportDialog

        if self._context.document is None:
            return
        shown = (made for made in self._window.findChildren(ExportDialog) if made.isVisible())
        dialog = next(shown, None) or ExportDialog(self._context, self._window)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def settings(self) -> None:
        """Preferences."""
        from app.dialogs.settings import SettingsDialog

        SettingsDialog(self._context, self._window).open()

    def quit(self) -> None:
        """Close the window, which keeps everything."""
        self._window.close()

    def leave_anyway(self) -> bool:
        """Ask whether to close though something could not be kept."""
        asked = QMessageBox.warning(
            self._window,
            self.tr("Not everything is kept"),
            self.tr("The project could not be written. Close and lose the latest changes?"),
            QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        if asked == QMessageBox.StandardButton.Discard and self._context.document is not None:
            self._context.document.abandon()
            return True
        return False

    # Edit

    def undo(self) -> None:
        """Take the latest gesture back."""
        if self._context.document is not None:
            self._context.attempt(self._context.document.undo)

    def redo(self) -> None:
        """Do it again."""
        if self._context.document is not None:
            self._context.attempt(self._context.document.redo)

    def copy_diagnostics(self) -> None:
        """What a helper needs, on the clipboard."""
        QApplication.clipboard().setText(diagnostics(self._window.banner.message))
        self._context.messages.say(self.tr("The diagnostics are on the clipboard."))

    # View

    def _view(self, name: str, *values: float) -> None:
        getattr(self._window.area.view, name)(*values)

    def fit(self) -> None:
        """The whole picture."""
        self._view("fit")

    def actual(self) -> None:
        """A pixel of the picture is a pixel of the screen."""
        self._view("zoom_to", 1.0)

    def zoom_in(self) -> None:
        """Closer."""
        self._view("zoom_by", ZOOM_STEP)

    def zoom_out(self) -> None:
        """Further away."""
        self._view("zoom_by", 1 / ZOOM_STEP)

    def flip(self) -> None:
        """Original and restored exchanged."""
        self._context.selection.flip()

    # Mask

    def swap_tool(self) -> None:
        """Brush and eraser exchanged."""
        self._context.selection.swap_tool()

    def brush_smaller(self) -> None:
        """A step down."""
        self._context.selection.step_brush(False)

    def brush_larger(self) -> None:
        """A step up."""
        self._context.selection.step_brush(True)

    def derive_difference(self) -> None:
        """Open the part that derives."""
        self._derive("difference")

    def derive_cracks(self) -> None:
        """Open the part that derives."""
        self._derive("cracks")

    def derive_losses(self) -> None:
        """Open the part that derives."""
        self._derive("losses")

    def _derive(self, method: str) -> None:
        self.show_panel("damage")
        self._window.damage.show_derive(method)

    def import_mask(self) -> None:
        """Ask for a mask file."""
        if path := self._ask_open("mask", self.tr("Import a mask")):
            masking.import_mask(self._context, path)

    def export_mask(self) -> None:
        """Ask where the mask goes."""
        document = self._context.document
        if document is None:
            return
        proposed = self._context.settings.folder("mask") / f"{document.painting.path.stem}-mask.png"
        kinds = "PNG (*.png);;TIFF (*.tif)"
        path = self._ask_save(self.tr("Export the mask"), proposed, kinds, (".png", ".tif", ".tiff"))
        if path is not None:
            self._context.settings.keep_folder("mask", path)
            masking.export_mask(self._context, path)

    def _ask_save(self, title: str, proposed: Path, kinds: str, endings: tuple[str, ...]) -> Path | None:
        """Ask for a file to write, which may be there: replacing it is agreed to.

        A name without one of the ``endings`` gets the first, or that of the chosen kind. The file dialog has
        not seen that name, so replacing it is asked here.
        """
        chosen, kind = QFileDialog.getSaveFileName(self._window, title, str(proposed), kinds)
        if not chosen:
            return None
        path = Path(chosen)
        if path.suffix.lower() in endings:
            return path
        ending = next((known for known in endings if f"*{known})" in kind), endings[0])
        path = path.with_name(path.name + ending)
        return path if not path.exists() or self._may_replace(path) else None

    def _may_replace(self, path: Path) -> bool:
        asked = QMessageBox.question(
            self._window,
            self.tr("Replace the file?"),
            self.tr("{0} exists already. Replace it?").format(path.name),
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        return asked == QMessageBox.StandardButton.Yes

    def _ask_open(self, purpose: str, title: str) -> Path | None:
        kinds = self.tr("Pictures") + f" ({opening.PICTURES})"
        folder = str(self._context.settings.folder(purpose))
        chosen, _ = QFileDialog.getOpenFileName(self._window, title, folder, kinds)
        if not chosen:
            return None
        self._context.settings.keep_folder(purpose, Path(chosen))
        return Path(chosen)

    # Style

    def suggest_style(self) -> None:
        """Let the program look."""
        self.show_panel("style")
        self._window.style_panel.suggest()

    def accept_suggestions(self) -> None:
        """Take what is outlined."""
        self._window.style_panel.accept_suggestions()

    def donor(self) -> None:
        """Ask for another picture."""
        if path := self._ask_open("donor", self.tr("Choose a donor picture")):
            self._window.style_panel.set_donor(path)

    def clear_style(self) -> None:
        """No references."""
        self._window.style_panel.remove_all()

    # Restore

    def cancel(self) -> None:
        """Stop the running job."""
        self._context.jobs.cancel()

    # Results

    def previous_run(self) -> None:
        """The result before."""
        deciding.step_run(self._context, -1)

    def next_run(self) -> None:
        """The result after."""
        deciding.step_run(self._context, 1)

    def show_accepted(self) -> None:
        """What is accepted so far."""
        self._context.selection.run, self._context.selection.region = None, 0

    def next_region(self) -> None:
        """The region after."""
        deciding.step_region(self._context, 1)

    def previous_region(self) -> None:
        """The region before."""
        deciding.step_region(self._context, -1)

    def discard_run(self) -> None:
        """Ask, then put the result away."""
        if deciding.shown_run(self._context) is None:
            return
        if self._context.settings.preferences.confirm_discard:
            asked = QMessageBox.question(
                self._window,
                self.tr("Discard this result?"),
                self.tr("The result is taken off the list. Undo brings it back."),
                QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
                QMessageBox.StandardButton.Cancel,
            )
            if asked != QMessageBox.StandardButton.Discard:
                return
        deciding.discard_run(self._context)

    def rename_run(self) -> None:
        """Ask for a name."""
        if (run := deciding.shown_run(self._context)) is None or self._context.document is None:
            return
        from imagest_core.project.state import Subject

        known = self._context.document.state.decisions.get(Subject(run.id))
        name, said = QInputDialog.getText(
            self._window,
            self.tr("Rename result"),
            self.tr("Name"),
            QLineEdit.EchoMode.Normal,
            known.note if known else "",
        )
        if said:
            deciding.rename_run(self._context, name.strip())

    # Help

    def shortcuts(self) -> None:
        """The list of keys."""
        from app.dialogs.shortcuts import ShortcutsDialog

        ShortcutsDialog(self._window).open()

    def about(self) -> None:
        """What this is, and of what it is made."""
        from app.dialogs.about import AboutDialog

        AboutDialog(self._window).open()

    def show_panel(self, name: str) -> None:
        dock = self._window.docks[name]
        dock.show()
        dock.open(True)
        dock.raise_()
