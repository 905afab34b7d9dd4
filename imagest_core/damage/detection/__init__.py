"""Damage detectors and the clean-up chain."""
