"""Transforms on record: found by name, kept for good, put to work."""
