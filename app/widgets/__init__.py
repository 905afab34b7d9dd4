"""Widgets and helpers that several panels and dialogs share."""
