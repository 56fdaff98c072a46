"""One collection of an open store, by what is done with it."""

from vecstore.collection.collection import Collection
from vecstore.collection.following import FollowingCollection

__all__ = ["Collection", "FollowingCollection"]
