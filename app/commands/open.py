"""Open, save and close scans and projects without blocking the window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication

import resources
from app.commands.confirm_cancel import confirm_cancel
from app.context import Context
from app.document import PROJECT_SUFFIX, OpenDocument, Opened, ProjectFoundError, ScanMissingError, read_path
from app.folders import remember_folder
from app.i18n.core_messages import localized
from app.jobs.runner import Job
from app.messages import RESCUE
from imagest_core.errors import ImagestError, ProfileError
from imagest_core.painting.outputs import same_file
from imagest_core.project.document import Document

PICTURES = "*.tif *.tiff *.png *.jpg *.jpeg *.webp *.jp2 *.jpx *.j2k"

translate = QCoreApplication.translate


def file_filter() -> str:
    """Name filters of the file dialog."""
    both = translate("Opening", "Scans and projects") + f" ({PICTURES} *{PROJECT_SUFFIX})"
    return ";;".join(
        (
            both,
            translate("Opening", "Projects") + f" (*{PROJECT_SUFFIX})",
            translate("Opening", "All files") + " (*)",
        )
    )


def open_path(
    context: Context,
    path: Path,
    scan: Path | None = None,
    *,
    accept_rewritten: bool = False,
    assume_srgb: bool = False,
    alone: bool = False,
    then: Callable[[], object] = lambda: None,
) -> None:
    """Open a scan or a project in the worker thread, then show it instead of the current document.

    ``scan``: path of the project's scan as chosen by the user; ``accept_rewritten``: accept a scan that
    another program rewrote without changing a sample; ``assume_srgb``: use sRGB instead of a colour
    profile that can't be used; ``alone``: open a scan even if it belongs to a saved project; ``then`` is
    called after all messages about it, even if it is not opened.
    """
    if not confirm_cancel(context, path.name):
        then()
        return
    read = partial(
        read_path,
        path,
        [Path(item.path).parent for item in context.settings.recent],
        scan,
        accept_rewritten=accept_rewritten,
        assume_srgb=assume_srgb,
        projects={} if alone else context.settings.projects,
    )

    def done(opened: Opened) -> None:
        _show(context, path, opened)
        then()

    def failed(error: Exception) -> None:
        _open_failed(context, path, error)
        then()

    title = translate("Opening", "Opening {0}").format(path.name)
    context.jobs.submit(Job(title, lambda _: read(), done, failed, matters=False))


def _show(context: Context, path: Path, opened: Opened) -> None:
    if _is_open(context, opened[0]):
        opened[0].abandon()
        opened[1].close()
        context.messages.say(translate("Opening", "{0} is already open.").format(path.name), topic="open")
        return
    if not close(context):
        opened[0].abandon()
        opened[1].close()
        return
    document = OpenDocument(*opened)
    context.set_document(document)
    context.messages.resolve("open")
    context.settings.remember(path)
    context.settings.remember_folder("open", path)
    if not document.document.unnamed:
        context.settings.note_project(document.state.painting.sha256, path)
    report_notes(context, document)


def report_notes(context: Context, document: OpenDocument) -> None:
    """Report what the user must know about an opened document, the most important last."""
    notes = [localized(note) for note in (*document.painting.notes, document.document.repair_note) if note]
    if notes:
        context.messages.warn(" ".join(notes), topic="notes")
    report_failed_save(context, document.document.write_error)
    if document.read_only:
        context.messages.warn(document.read_only, topic="read-only")


def report_failed_save(context: Context, reason: str) -> None:
    """Report why the project can't be written, or ("") remove that report."""
    if not reason:
        return context.messages.resolve("save")
    remedy = translate("Opening", "Your work continues in memory; save it under another name.")
    return context.messages.warn(reason, remedy, topic="save")


def _is_open(context: Context, document: Document) -> bool:
    """Whether the window shows this project already; a second copy would be older and read-only."""
    current = context.document.document.path if context.document is not None else None
    return current is not None and document.path is not None and same_file(current, document.path)


def _open_failed(context: Context, path: Path, error: Exception) -> None:
    if not path.exists():
        context.settings.forget(path)
    if isinstance(error, ScanMissingError):
        context.scan_missing.emit(error)
    elif isinstance(error, ProjectFoundError):
        context.project_found.emit(error)
    elif isinstance(error, ProfileError):
        context.profile_unusable.emit(error, lambda: open_path(context, path, assume_srgb=True))
    else:
        action = context.messages.rescue(path) if RESCUE in str(error) else None
        context.messages.fail(error, "open", action)


def open_sample(context: Context) -> None:
    """Open the bundled sample."""
    open_path(context, resources.sample_painting())


def close(context: Context) -> bool:
    """Close the document; return False if its changes could not be saved."""
    document = context.document
    if document is None:
        return True
    context.leaving.emit()
    context.jobs.abandon()
    try:
        document.document.flush()
    except ImagestError as error:
        context.messages.fail(error, "save")
        return False
    context.set_document(None)
    context.attempt(document.close, "close")
    document.deleteLater()
    return True


def save(context: Context) -> bool:
    """Save all changes; return False if the project needs another name: it has none, or is read-only."""
    document = context.document
    if document is None or document.document.unnamed or document.read_only:
        return document is None
    if context.attempt(document.document.flush, "save"):
        sentence = translate("Opening", "All changes are saved in {0}.")
        context.messages.say(sentence.format(document.title), topic="save")
    return True


def save_as(context: Context, path: Path) -> None:
    """Save the project as ``path`` and continue there.

    The file dialog asks before it replaces a file of exactly this name, so only that one is replaced; a
    file whose name results from the added suffix is not.
    """
    document, chosen = context.document, path
    folders = context.settings.last_state(document.remembered_path).folders if document is not None else {}
    path = path if path.suffix.lower() == PROJECT_SUFFIX else path.parent / f"{path.name}{PROJECT_SUFFIX}"
    if document is not None and context.attempt(lambda: document.save_as(path, force=path == chosen), "save"):
        context.messages.resolve("read-only")
        context.settings.remember(path, folders=folders)
        remember_folder(context, "project", path)
        context.settings.note_project(document.state.painting.sha256, path)
        sentence = translate("Opening", "The project is now saved in {0}.")
        context.messages.say(sentence.format(path), topic="save")
