"""Dialogs: about, export, locating a scan, colour profiles, settings, shortcuts."""
