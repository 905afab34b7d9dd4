"""Making way: what runs is not thrown away, nor waited for, without a word."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QMessageBox, QWidget

from app.context import Context

translate = QCoreApplication.translate


def confirm_cancel(context: Context, wanted: str) -> bool:
    """Whether ``wanted`` may begin now; asks before a job that matters is stopped for it."""
    question = translate("Stopping", "Stop it and open {0}?").format(wanted)
    return _may_stop(context, question, translate("Stopping", "Stop and open"))


def may_close(context: Context) -> bool:
    """Whether what is open may be closed now; asks before a job that matters is stopped for it."""
    question = translate("Stopping", "Stop it and close? Everything that is finished is kept.")
    return _may_stop(context, question, translate("Stopping", "Stop and close"))


def _may_stop(context: Context, question: str, yes: str) -> bool:
    job = context.jobs.current
    if job is None or not job.matters or context.jobs.stopping:
        return True
    asked = QMessageBox(_window())
    asked.setIcon(QMessageBox.Icon.Question)
    asked.setWindowTitle(translate("Stopping", "Still at work"))
    asked.setText(translate("Stopping", "“{0}” is not finished yet.").format(job.title))
    asked.setInformativeText(question)
    stop = asked.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    stay = asked.addButton(translate("Stopping", "Keep it running"), QMessageBox.ButtonRole.RejectRole)
    asked.setDefaultButton(stay)
    asked.setEscapeButton(stay)
    asked.exec()
    agreed = asked.clickedButton() is stop
    asked.deleteLater()
    if agreed and context.jobs.current is job:
        context.jobs.clear()
        context.jobs.cancel()
    return agreed


def _window() -> QWidget | None:
    """The program's window: what is active may be a question that is just going."""
    seen = (made for made in QApplication.topLevelWidgets() if isinstance(made, QMainWindow))
    return next((made for made in seen if made.isVisible()), None)
