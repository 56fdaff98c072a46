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

_OWN = frozenset({"_owning_store", "_called", "_alias", "_last", "_present", "_call"})

# They call other methods, batch by batch, and each batch goes where the name leads by then, as
# over gRPC.
_STREAMS = frozenset({"upsert_stream", "ingest"})

_ATTEMPTS, _RETRY_AFTER = 100, 1.0
# What needs no second look to be gone through more than once, or not at all.
_LASTING = frozenset({type(None), bool, int, float, str, bytes, list, tuple, dict, Vector})


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
        self._owning_store = store
        self._called = name
        self._alias = name != row.name
        self._last = Collection(store, row)

    def __getattribute__(self, name: str) -> Any:
        if name in _OWN or name in _STREAMS or name.startswith("__"):
            return object.__getattribute__(self, name)
        if not name.startswith("_") and callable(getattr(Collection, name, None)):
            # Whoever keeps a method asks at each call of it, too.
            return partial(self._call, name)
        try:
            return getattr(self._present(), name)
        except (CollectionNotFound, StoreClosed):
            if self._alias:
                raise
            # What it is called, and the like, is true of one that is gone, too.
            return getattr(self._last, name)

    def __repr__(self) -> str:
        if not self._alias:
            return Collection.__repr__(self)
        present = self._present()
        return f"<Collection {present.name!r}, by its alias {self._called!r}, of {present.encoder}>"

    def _call(self, name: str, /, *arguments: Any, **named: Any) -> Any:
        # A call may be made again, and what can be gone through once only would be empty then.
        arguments = tuple(map(_kept, arguments))
        named = {key: _kept(value) for key, value in named.items()}
        for _ in range(_ATTEMPTS):
            try:
                return getattr(self._present(), name)(*arguments, **named)
            except CollectionChanged:
                # Its fields moved to other spaces while the call was under way.
                continue
        raise Overloaded(
            f"the fields of {self._called!r} keep moving to other spaces, so nothing was done; try "
            "again",
            retry_after=_RETRY_AFTER,
        )

    def _present(self) -> Collection:
        last = self._last
        row = self._owning_store.row(self._called)
        if last._row is row:
            return last
        if not self._alias:
            self._owning_store.require(last._row)
        last = self._last = Collection(self._owning_store, row)
        return last


def _kept(argument: Any) -> Any:
    if type(argument) in _LASTING:
        return argument
    once = isinstance(argument, Iterable) and not isinstance(argument, Sized)
    return list(argument) if once else argument
