"""A collection got by an alias, which may stand for another one at the next call."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from vecstore.collection.collection import Collection

if TYPE_CHECKING:
    from vecstore.store import Store

_OWN = frozenset({"_owning_store", "_alias", "_last", "_present", "_call"})

# They call other methods, batch by batch, and each batch goes where the alias leads by then, as
# over gRPC.
_STREAMS = frozenset({"upsert_stream", "ingest"})


class AliasedCollection(Collection):
    """Made by :meth:`Store.collection`. Every use asks which collection the alias stands for now,
    and one use is of one collection, from beginning to end.

    Args:
        store: the collection's.
        alias: the name that it was asked for by.
    """

    def __init__(self, store: Store, alias: str) -> None:
        self._owning_store = store
        self._alias = alias
        self._last = store.named_collection(alias)

    def __getattribute__(self, name: str) -> Any:
        if name in _OWN or name in _STREAMS or name.startswith("__"):
            return object.__getattribute__(self, name)
        if not name.startswith("_") and callable(getattr(Collection, name, None)):
            # Whoever keeps a method asks at each call of it, too.
            return partial(self._call, name)
        return getattr(self._present(), name)

    def __repr__(self) -> str:
        present = self._present()
        return f"<Collection {present.name!r}, by its alias {self._alias!r}, of {present.encoder}>"

    def _call(self, name: str, /, *arguments: Any, **named: Any) -> Any:
        return getattr(self._present(), name)(*arguments, **named)

    def _present(self) -> Collection:
        last = self._last
        row = self._owning_store.row(self._alias)
        if last._row is not row:
            last = self._last = Collection(self._owning_store, row)
        return last
