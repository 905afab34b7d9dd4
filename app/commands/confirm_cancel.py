"""Ask before a running job that matters is cancelled."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QMessageBox, QWidget

from app.context import Context

translate = QCoreApplication.translate


def confirm_cancel(context: Context, name: str) -> bool:
    """Return whether ``name`` may be opened now; asks before a running job is cancelled."""
    question = translate("Stopping", "Stop it and open {0}?").format(name)
    return _may_cancel(context, question, translate("Stopping", "Stop and open"))


def may_close(context: Context) -> bool:
    """Return whether the window may close now; asks before a running job is cancelled."""
    question = translate("Stopping", "Stop it and close? Finished results are kept.")
    accept_text = translate("Stopping", "Stop and close")
    return _may_cancel(context, question, accept_text) and _may_stop_queue(context)


def _may_stop_queue(context: Context) -> bool:
    """Return whether the queue may be stopped; asks if it runs."""
    if not context.queue_running:
        return True
    box = QMessageBox(_main_window())
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(translate("Stopping", "Queue still running"))
    box.setText(translate("Stopping", "The queue is still restoring paintings."))
    box.setInformativeText(
        translate("Stopping", "Stop it and close? Start it again later, and it continues where it was.")
    )
    accept = box.addButton(translate("Stopping", "Stop and close"), QMessageBox.ButtonRole.AcceptRole)
    keep = box.addButton(translate("Stopping", "Keep it running"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    box.exec()
    agreed = box.clickedButton() is accept
    box.deleteLater()
    return agreed


def _may_cancel(context: Context, question: str, accept_text: str) -> bool:
    job = context.jobs.current
    if job is None or not job.matters or context.jobs.stopping:
        return True
    box = QMessageBox(_main_window())
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(translate("Stopping", "Job still running"))
    box.setText(translate("Stopping", "“{0}” is not finished yet.").format(job.title))
    box.setInformativeText(question)
    accept = box.addButton(accept_text, QMessageBox.ButtonRole.AcceptRole)
    keep = box.addButton(translate("Stopping", "Keep it running"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    box.exec()
    agreed = box.clickedButton() is accept
    box.deleteLater()
    if agreed and context.jobs.current is job:
        context.jobs.clear()
        context.jobs.cancel()
    return agreed


def _main_window() -> QWidget | None:
    """The main window; the active window may be a dialog that is closing."""
    windows = (widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QMainWindow))
    return next((window for window in windows if window.isVisible()), None)
