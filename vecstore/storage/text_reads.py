"""What full-text searches read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, and_, select

from vecstore.filters import Filter
from vecstore.storage import tables
from vecstore.storage.all_words import AllWords, gathered
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.faults import told
from vecstore.storage.texts import every_word, postings, text_keys
from vecstore.storage.texts_sqlite import Numbered
from vecstore.storage.where import where

_CHUNK = 500  # values of one IN list


@dataclass(frozen=True, slots=True, eq=False)
class TextRows:
    """Every text of a collection without its words, by ascending number."""

    numbers: NDArray[np.int64]
    records: list[str]
    lengths: NDArray[np.float32]


class TextReader:
    """Reads of full text; each runs in a short transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def declared(self, collection: CollectionRow) -> bool:
        """Whether the collection has an index of type text."""
        with told("reading the declared indexes"), self._engine.connect() as connection:
            return bool(text_keys(connection, collection.id))

    def rows(self, collection: CollectionRow) -> TextRows:
        """What a corpus starts with."""
        keys = tables.texts.c
        statement = (
            select(keys.id, keys.record_id, keys.length)
            .where(keys.collection_id == collection.id)
            .order_by(keys.id)
        )
        with told("reading texts"), self._engine.connect() as connection:
            cursor = connection.execute(statement).cursor
            rows = [] if cursor is None else cursor.fetchall()
        return TextRows(
            np.fromiter((row[0] for row in rows), np.int64, len(rows)),
            [row[1] for row in rows],
            np.fromiter((row[2] for row in rows), np.float32, len(rows)),
        )

    def postings(self, collection: CollectionRow, word: str) -> Numbered:
        """The texts that have a word."""
        with told("reading words"), self._engine.connect() as connection:
            return postings(connection, collection.id, word)

    def all_words(self, collection: CollectionRow, most: int) -> AllWords | None:
        """The texts that have each word; None where there are more words than ``most``."""
        with told("reading words"), self._engine.connect() as connection:
            return gathered(every_word(connection, collection.id), most)

    def passing(
        self, collection: CollectionRow, filter_: Filter, records: Sequence[str]
    ) -> set[str]:
        """Those of some records that satisfy a filter."""
        keys = tables.records.c
        condition = where(filter_, keys.payload, self._engine.dialect.name)
        found: set[str] = set()
        with told("filtering"), self._engine.connect() as connection:
            for start in range(0, len(records), _CHUNK):
                these = records[start : start + _CHUNK]
                statement = select(keys.id).where(
                    keys.collection_id == collection.id, keys.id.in_(these), condition
                )
                found.update(connection.execute(statement).scalars())
        return found

    def matching(self, collection: CollectionRow, filter_: Filter) -> NDArray[np.int64]:
        """Numbers of all texts whose records satisfy a filter."""
        texts, records = tables.texts.c, tables.records.c
        statement = (
            select(texts.id)
            .join(
                tables.records,
                and_(records.collection_id == texts.collection_id, records.id == texts.record_id),
            )
            .where(
                texts.collection_id == collection.id,
                where(filter_, records.payload, self._engine.dialect.name),
            )
        )
        with told("filtering"), self._engine.connect() as connection:
            return np.array(connection.execute(statement).scalars().all(), np.int64)
