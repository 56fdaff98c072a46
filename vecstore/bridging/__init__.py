"""Queries of a newer model for vectors of an older one, by a map that was fitted."""
