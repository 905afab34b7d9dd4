"""Making way: what runs is not thrown away, nor waited for, without a word."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication, QMessageBox

from app.context import Context

translate = QCoreApplication.translate


def make_way(context: Context, wanted: str) -> bool:
    """Whether ``wanted`` may begin now; asks before a job that matters is stopped for it."""
    job = context.jobs.current
    if job is None or not job.matters:
        return True
    asked = QMessageBox(QApplication.activeWindow())
    asked.setIcon(QMessageBox.Icon.Question)
    asked.setWindowTitle(translate("Stopping", "Still at work"))
    asked.setText(translate("Stopping", "“{0}” is not finished yet.").format(job.title))
    asked.setInformativeText(translate("Stopping", "Stop it and open {0}?").format(wanted))
    stop = asked.addButton(translate("Stopping", "Stop and open"), QMessageBox.ButtonRole.AcceptRole)
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
