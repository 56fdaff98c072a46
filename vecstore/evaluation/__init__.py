"""Figures about vectors: arrays in, figures out. Needs the extra ``evaluation``."""
