"""Engines, one a file; the registry lists them."""
