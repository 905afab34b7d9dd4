"""Backups, and rescue of damaged project files."""
