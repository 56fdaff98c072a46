"""vecstore: a vector-search backend in which an embedding always knows which model made it."""

__version__ = "0.1.0"
