"""Full text in SQL: the words of records, written in the transaction that writes the records.

What is searched for are the words of all declared keys of type text together. A row of ``texts``
is one version of one record's words: its number is never used again, so an update is a new row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from vecstore.errors import FailedPrecondition
from vecstore.filters import key_path, scalars
from vecstore.payload_indexes import FULL_TEXT_INPUT, IndexType
from vecstore.storage import tables, texts_postgresql, texts_sqlite
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.kept_ids import elsewhere
from vecstore.storage.lists import among
from vecstore.storage.texts_sqlite import Numbered
from vecstore.storage.words import words_of

_PIECE = 500  # records; fits an IN list
_FOLLOWED = 5_000  # texts of one write; what has more is read again where it is asked for


@dataclass(frozen=True, slots=True)
class Text:
    """One version of one record's words, in no particular order."""

    number: int
    record: str
    words: Sequence[str]


@dataclass(slots=True)
class TextChange:
    """What a committed write did to a collection's full text.

    ``many`` says that it is more than is worth following: then the lists are empty.
    """

    removed: list[Text] = field(default_factory=list)
    added: list[Text] = field(default_factory=list)
    many: bool = False

    def add(self, removed: Sequence[Text], added: Sequence[Text]) -> None:
        """Take more of one write."""
        if len(self.removed) + len(removed) + len(self.added) + len(added) > _FOLLOWED:
            self.many = True
        self.removed += removed
        self.added += added
        if self.many:
            self.removed, self.added = [], []


def together(first: TextChange | None, second: TextChange | None) -> TextChange | None:
    """Two changes of one write, as one."""
    if first is None or second is None:
        return first or second
    first.many |= second.many
    first.add(second.removed, second.added)
    return first


def follow_texts(
    connection: Connection, collection: CollectionRow, ids: Sequence[str]
) -> TextChange | None:
    """Bring the full text up to what the records of these ids are now.

    Called after every write, in its transaction, with the ids that were written or deleted.

    Returns:
        What changed; None for a collection without an index of type text.
    """
    keys = text_keys(connection, collection.id)
    if not keys:
        return None
    change = TextChange()
    wanted = list(dict.fromkeys(ids))
    for start in range(0, len(wanted), _PIECE):
        piece = wanted[start : start + _PIECE]
        removed = _remove(connection, collection.id, piece)
        change.add(removed, _add(connection, collection, keys, piece))
    return change


def begin_texts(connection: Connection, collection: CollectionRow) -> None:
    """Make the full text anew from all records, for the keys that are declared now.

    Called after an index of type text was declared, in the same transaction.

    Raises:
        FailedPrecondition: the text of inputs is declared, and the collection keeps no inputs.
    """
    keys = text_keys(connection, collection.id)
    if FULL_TEXT_INPUT in keys and not collection.store_inputs:
        raise FailedPrecondition(
            f"the collection {collection.name!r} does not keep inputs, so there is no "
            f"{FULL_TEXT_INPUT} to search; declare a key of the payload, or create the collection "
            "without discarding inputs",
            collection=collection.name,
        )
    drop_texts(connection, collection.id)
    if not keys:
        return
    if connection.dialect.name == "sqlite":
        texts_sqlite.create(connection, collection.id)
    for piece in _pieces(connection, collection.id):
        _add(connection, collection, keys, piece)
    if connection.dialect.name == "postgresql":
        texts_postgresql.analyze(connection)


def end_texts(connection: Connection, collection: CollectionRow) -> None:
    """Drop the full text; it is made anew where other keys are still declared.

    Called after an index of type text was taken back, in the same transaction.
    """
    begin_texts(connection, collection)


def drop_texts(connection: Connection, collection: int) -> None:
    """Delete the full text of a collection, by its id."""
    if connection.dialect.name == "sqlite":
        texts_sqlite.drop(connection, collection)
    connection.execute(delete(tables.texts).where(tables.texts.c.collection_id == collection))


def text_keys(connection: Connection, collection: int) -> list[str]:
    """Keys that are declared as text, of a collection by its id."""
    keys = tables.payload_indexes.c
    statement = (
        select(keys.key)
        .where(keys.collection_id == collection, keys.type == IndexType.TEXT)
        .order_by(keys.key)
    )
    return list(connection.execute(statement).scalars())


def postings(connection: Connection, collection: int, word: str) -> Numbered:
    """The texts that have a word, of a collection by its id."""
    if connection.dialect.name == "sqlite":
        return texts_sqlite.postings(connection, collection, word)
    return texts_postgresql.postings(connection, collection, word)


def every_word(connection: Connection, collection: int) -> Iterable[tuple[str, str]]:
    """Every word, and the numbers of the texts that have it, each as often as they do."""
    found: Iterable[tuple[str, str]] = _dialect(connection).every_word(connection, collection)
    return found


def _pieces(connection: Connection, collection: int) -> Iterator[list[str]]:
    keys = tables.records.c
    last = ""
    while True:
        statement = select(keys.id).where(keys.collection_id == collection, keys.id > last)
        piece = list(connection.execute(statement.order_by(keys.id).limit(_PIECE)).scalars())
        if not piece:
            return
        yield piece
        last = piece[-1]


def _remove(connection: Connection, collection: int, ids: Sequence[str]) -> list[Text]:
    keys = tables.texts.c
    these = keys.collection_id == collection, among(connection, keys.record_id, ids)
    found = connection.execute(select(keys.id, keys.record_id, keys.words).where(*these)).all()
    if not found:
        return []
    if connection.dialect.name == "sqlite":
        texts_sqlite.remove(connection, collection, [(row[0], row[2]) for row in found])
    connection.execute(delete(tables.texts).where(*these))
    restored = _dialect(connection).restored
    return [Text(number, record, restored(words)) for number, record, words in found]


def _add(
    connection: Connection, collection: CollectionRow, keys: Sequence[str], ids: Sequence[str]
) -> list[Text]:
    words = {
        record: found
        for record, strings in _strings(connection, collection, keys, ids).items()
        if (found := words_of("\n".join(strings)))
    }
    if not words:
        return []
    stored = {record: _dialect(connection).stored(found) for record, found in words.items()}
    rows = [
        {
            "collection_id": collection.id,
            "record_id": record,
            "words": one,
            "length": len(words[record]),
        }
        for record, one in stored.items()
    ]
    made = insert(tables.texts).returning(tables.texts.c.record_id, tables.texts.c.id)
    numbers = {row[0]: row[1] for row in connection.execute(made, rows)}
    if connection.dialect.name == "sqlite":
        pairs = [(numbers[record], one) for record, one in stored.items()]
        texts_sqlite.add(connection, collection.id, pairs)
    return [Text(numbers[record], record, found) for record, found in words.items()]


def _strings(
    connection: Connection, collection: CollectionRow, keys: Sequence[str], ids: Sequence[str]
) -> Mapping[str, list[str]]:
    """What is searched of records, those of the ids that are there."""
    columns = tables.records.c
    statement = select(columns.id, columns.payload).where(
        columns.collection_id == collection.id, among(connection, columns.id, ids)
    )
    paths = [key_path(key) for key in keys if key != FULL_TEXT_INPUT]
    found = {
        record: _of_payload(payload, paths)
        for record, payload in connection.execute(statement.order_by(columns.id))
    }
    if FULL_TEXT_INPUT in keys:
        for record, text in _own(connection, collection, ids):
            found[record].append(text)
    return found


def _of_payload(payload: str, paths: Sequence[tuple[str, ...]]) -> list[str]:
    if not paths:
        return []
    tree = json.loads(payload)
    return [one for path in paths for one in scalars(path, tree) if isinstance(one, str)]


def _own(
    connection: Connection, collection: CollectionRow, ids: Sequence[str]
) -> Iterator[tuple[str, str]]:
    for row in collection.fields:
        found: dict[str, str] = {}
        # What was left out of the live space has its input beside it.
        for id_ in (row.id, *elsewhere(collection, row)):
            found |= _inputs(connection, id_, [one for one in ids if one not in found])
        yield from found.items()


def _inputs(connection: Connection, field_id: int, ids: Sequence[str]) -> dict[str, str]:
    if not ids:
        return {}
    entries, inputs = tables.entries, tables.inputs
    statement = (
        select(entries.c.record_id, inputs.c.text)
        .join(inputs, inputs.c.label == entries.c.label)
        .where(
            entries.c.field_id == field_id,
            among(connection, entries.c.record_id, ids),
            inputs.c.text.is_not(None),
        )
    )
    return {one[0]: one[1] for one in connection.execute(statement)}


def _dialect(connection: Connection) -> Any:
    return texts_sqlite if connection.dialect.name == "sqlite" else texts_postgresql
