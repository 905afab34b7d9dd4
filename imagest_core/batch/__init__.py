"""Restore many scans: a durable list of jobs, and workers on one or several machines that take from it."""
