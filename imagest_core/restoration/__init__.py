"""Restore damage: plan windows, fill them with an engine, assemble, write and verify."""
