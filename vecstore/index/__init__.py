"""Neighbour indexes: derived from SQL, disposable, and never trusted beyond what was checked."""
