"""Fills that solve a partial differential equation."""
