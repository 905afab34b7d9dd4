"""Damage detectors and mask clean-up."""
