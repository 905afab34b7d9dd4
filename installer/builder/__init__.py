"""Builds the installers: ``python -m installer.builder --help``."""
