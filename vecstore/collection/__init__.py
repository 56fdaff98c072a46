"""One collection of an open store, by what is done with it."""

from vecstore.collection.collection import Collection

__all__ = ["Collection"]
