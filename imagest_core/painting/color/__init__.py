"""Colour spaces, ICC profiles and display conversion."""
