"""One collection of an open store, by what is done with it."""

from vecstore.collection.aliased import AliasedCollection
from vecstore.collection.collection import Collection

__all__ = ["AliasedCollection", "Collection"]
