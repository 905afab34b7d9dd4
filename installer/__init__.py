"""Builds installers and contains the launcher that they ship."""
