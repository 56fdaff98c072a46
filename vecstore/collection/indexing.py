"""Declared indexes of payload keys."""

from __future__ import annotations

import time

from sqlalchemy import Connection

from vecstore.collection.base import Base
from vecstore.errors import InvalidArgument
from vecstore.filters import key_path, key_text
from vecstore.inputs import shorten
from vecstore.payload_indexes import FULL_TEXT_INPUT, IndexType, PayloadIndex, as_index_type
from vecstore.storage.payload_indexes import add_index, drop_indexes
from vecstore.storage.texts import begin_texts, end_texts
from vecstore.storage.writes import require

_FILLING_SECONDS = 20.0
_LONGEST_KEY = 500  # characters; PostgreSQL finds a row by no more than 2,700 bytes


class Indexing(Base):
    """The methods that declare indexes."""

    def create_index(self, key: str, type: str | IndexType) -> PayloadIndex:
        """Let filters by a key be quick from now on, or its words be searched.

        Filters mean the same with an index and without. A key may have several, of several types;
        the same again does nothing. This returns when the index of an open collection is filled,
        or after 20 seconds: then it is filled further in the background, and the database answers
        filters meanwhile, as before. Words are taken in before this returns, and writes wait for
        it.

        Args:
            key: as filters write it, ``a.b`` for ``b`` inside ``a``; ``$text`` for the text of the
                record's own input, in an index of type text.
            type: keyword (strings and booleans, whole), integer, float (any number), datetime
                (strings in ISO 8601) or text (words, for full-text search).

        Returns:
            What was declared.

        Raises:
            InvalidFilter: the key names nothing.
            InvalidArgument: there is no such type, or not for this key.
            FailedPrecondition: the collection has 64 indexes already, or keeps no inputs.
        """
        index = PayloadIndex(_checked(key), as_index_type(type))
        if index.key == FULL_TEXT_INPUT and index.type is not IndexType.TEXT:
            raise InvalidArgument(
                f"an index on {FULL_TEXT_INPUT} is of type text, and {index.type} was asked for; "
                "the text of inputs can be searched for its words and for nothing else",
                field="type",
            )
        row = self._row

        def run(connection: Connection) -> bool:
            require(connection, row)
            new = add_index(connection, row, index)
            if new and index.type is IndexType.TEXT:
                begin_texts(connection, row)
            return new

        self._store.write(run, lambda new: self._follow([index] if new else []))
        self._wait()
        return index

    def drop_index(self, key: str, type: str | IndexType | None = None) -> None:
        """Take the indexes of a key back; filters by it mean what they did, and are slower.

        Args:
            key: as it was declared.
            type: only the index of this type; all of the key where left out.

        Raises:
            NotFound: there is none; the message lists those that are.
            InvalidFilter, InvalidArgument: no key, or no type.
        """
        checked = _checked(key)
        only = None if type is None else as_index_type(type)
        row = self._row

        def run(connection: Connection) -> list[PayloadIndex]:
            require(connection, row)
            gone = drop_indexes(connection, row, checked, only)
            if any(one.type is IndexType.TEXT for one in gone):
                end_texts(connection, row)
            return gone

        self._store.write(run, self._follow)

    def _wait(self) -> None:
        deadline = time.monotonic() + _FILLING_SECONDS
        for field in self._row.all_fields:
            index = self._store.owner.indexes.get(field.id)
            if index is not None:
                index.wait_until_declared(max(deadline - time.monotonic(), 0.0))

    def _follow(self, changed: list[PayloadIndex]) -> None:
        """Let what is in memory know. Called by the writer, after the commit."""
        self._store.owner.declare(self._row)
        if any(one.type is IndexType.TEXT for one in changed):
            self._store.full_text.forget(self._row)


def _checked(key: object) -> str:
    if key == FULL_TEXT_INPUT:
        return FULL_TEXT_INPUT
    written = key_text(key_path(key))  # type: ignore[arg-type]
    if len(written) > _LONGEST_KEY:
        raise InvalidArgument(
            f"the key {shorten(written)} has {len(written)} characters; an index takes keys of up "
            f"to {_LONGEST_KEY}",
            field="key",
        )
    return written
