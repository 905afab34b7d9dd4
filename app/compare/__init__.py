"""Compares original and restored: side by side, with a curtain, blinking, or as a difference map."""
