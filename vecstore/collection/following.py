"""A collection as callers hold it: every use of it is of what it is by then."""

from __future__ import annotations

from collections.abc import Collection as Sized
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from vecstore.collection.collection import Collection
from vecstore.errors import CollectionNotFound, Overloaded, StoreClosed
from vecstore.spaces import Vector
from vecstore.storage.writes import CollectionChanged

if TYPE_CHECKING:
    from vecstore.storage.catalog import CollectionRow
    from vecstore.store import Store

# They call other methods, batch by batch, and each batch goes where the name leads by then, as
# over gRPC.
_STREAMS = frozenset({"upsert_stream", "ingest"})

_ATTEMPTS, _RETRY_AFTER = 100, 1.0
# What needs no second look to be gone through more than once, or not at all.
_LASTING = frozenset({type(None), bool, int, float, str, bytes, list, tuple, dict, Vector})


class _Followed:
    """What a name stands for by now. Apart from the collection, so that nobody asks it by name.

    Args:
        store: the collection's.
        name: that it was asked for by.
        row: what that stood for then.
    """

    __slots__ = ("alias", "last", "name", "store")

    def __init__(self, store: Store, name: str, row: CollectionRow) -> None:
        self.store = store
        self.name = name
        self.alias = name != row.name
        self.last = Collection(store, row)

    def present(self) -> Collection:
        """The collection as it is now."""
        last = self.last
        row = self.store.row(self.name)
        if last._row is row:
            return last
        if not self.alias:
            self.store.require(last._row)
        last = self.last = Collection(self.store, row)
        return last

    def call(self, method: str, /, *arguments: Any, **named: Any) -> Any:
        """A method of it, again where its fields moved to other spaces during the call."""
        # What can be gone through once only would be empty the second time.
        arguments = tuple(map(_kept, arguments))
        named = {key: _kept(value) for key, value in named.items()}
        for _ in range(_ATTEMPTS):
            try:
                return getattr(self.present(), method)(*arguments, **named)
            except CollectionChanged:
                continue
        raise Overloaded(
            f"the fields of {self.name!r} keep moving to other spaces, so nothing was done; try "
            "again",
            retry_after=_RETRY_AFTER,
        )


class FollowingCollection(Collection):
    """Made by :meth:`Store.collection`. Every use asks what the collection is now: in which spaces
    its fields live and, where it was asked for by an alias, which collection that stands for. One
    use is of one collection in one space, from beginning to end.

    Args:
        store: the collection's.
        name: that it was asked for by.
        row: what that stood for then.
    """

    def __init__(self, store: Store, name: str, row: CollectionRow) -> None:
        self._followed = _Followed(store, name, row)

    def __getattribute__(self, name: str) -> Any:
        if name == "_followed" or name in _STREAMS or name.startswith("__"):
            return object.__getattribute__(self, name)
        followed: _Followed = object.__getattribute__(self, "_followed")
        if not name.startswith("_") and callable(getattr(Collection, name, None)):
            # Whoever keeps a method asks at each call of it, too.
            return partial(followed.call, name)
        try:
            return getattr(followed.present(), name)
        except (CollectionNotFound, StoreClosed):
            if followed.alias:
                raise
            # What it is called, and the like, is true of one that is gone, too.
            return getattr(followed.last, name)

    def __repr__(self) -> str:
        followed = self._followed
        if not followed.alias:
            return Collection.__repr__(self)
        present = followed.present()
        alias = followed.name
        return f"<Collection {present.name!r}, by its alias {alias!r}, of {present.encoder}>"


def _kept(argument: Any) -> Any:
    if type(argument) in _LASTING:
        return argument
    once = isinstance(argument, Iterable) and not isinstance(argument, Sized)
    return list(argument) if once else argument
