"""Encoders that need no heavy library, and what guards every encoder: options and canaries."""
