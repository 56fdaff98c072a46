"""Full text in SQL follows every write, in its transaction, the same on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, delete, func, insert, inspect, select

from vecstore.errors import FailedPrecondition
from vecstore.spaces import Metric, Space
from vecstore.storage import schema, tables, texts
from vecstore.storage.catalog import Catalog, CollectionRow, NewFieldRow
from vecstore.storage.dropping import drop_collection

FIELDS = [NewFieldRow("default", Space("toy", "1", 2, "f" * 64), "exact")]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty store's database, whose transactions are made for writing."""
    if request.param == "sqlite":
        url = schema.sqlite_url(tmp_path)
    else:
        url = request.getfixturevalue("postgres_url")
    made = schema.connect(url)
    schema.prepare(made, "")
    yield schema.writing(made)
    made.dispose()


@pytest.fixture
def collection(engine: Engine) -> CollectionRow:
    return Catalog(engine).add_collection("docs", Metric.COSINE, True, FIELDS)


def declare(connection: Connection, collection: CollectionRow, *keys: str) -> None:
    declared = tables.payload_indexes
    connection.execute(delete(declared).where(declared.c.collection_id == collection.id))
    for key in keys:
        row = {"collection_id": collection.id, "key": key, "type": "text"}
        connection.execute(insert(declared).values(row))


def put(connection: Connection, collection: CollectionRow, id: str, **payload: object) -> None:
    row = {"collection_id": collection.id, "id": id, "payload": json.dumps(payload)}
    keys = tables.records.c
    connection.execute(delete(tables.records).where(keys.id == id))
    connection.execute(insert(tables.records).values(row))


def with_word(connection: Connection, collection: CollectionRow, word: str) -> list[str]:
    """Records that have a word, each as often as they have it."""
    keys = tables.texts.c
    names = {row[0]: row[1] for row in connection.execute(select(keys.id, keys.record_id))}
    numbers, times = texts.postings(connection, collection.id, word)
    return sorted(names[one] for one in np.repeat(numbers, times))


def test_words_of_strings_and_of_lists_at_declared_keys(
    engine: Engine, collection: CollectionRow
) -> None:
    with engine.begin() as connection:
        put(connection, collection, "a", title="Red fox", tags=["red", 7, "Crème"], other="hidden")
        put(connection, collection, "b", title={"title": "nothing"}, tags=[["deep"]])
        declare(connection, collection, "title", "tags")
        texts.begin_texts(connection, collection)
        assert with_word(connection, collection, "red") == ["a", "a"]
        assert with_word(connection, collection, "creme") == ["a"]
        for absent in ("hidden", "nothing", "deep", "7"):
            assert with_word(connection, collection, absent) == []
        lengths = connection.execute(select(tables.texts.c.record_id, tables.texts.c.length))
        assert lengths.all() == [("a", 4)]


def test_a_write_is_followed_and_says_what_changed(
    engine: Engine, collection: CollectionRow
) -> None:
    with engine.begin() as connection:
        declare(connection, collection, "title")
        texts.begin_texts(connection, collection)
        put(connection, collection, "a", title="old old words")
        put(connection, collection, "b", title="other words")
        made = texts.follow_texts(connection, collection, ["a", "b", "a", "missing"])
        assert made is not None
        assert {one.record for one in made.added} == {"a", "b"}
        put(connection, collection, "a", title="new")
        change = texts.follow_texts(connection, collection, ["a"])
        assert change is not None
        ((removed,), (added,)) = change.removed, change.added
        assert (removed.record, sorted(removed.words)) == ("a", ["old", "old", "words"])
        assert (added.record, list(added.words)) == ("a", ["new"])
        assert added.number > removed.number
        assert with_word(connection, collection, "old") == []
        assert with_word(connection, collection, "words") == ["b"]
        connection.execute(delete(tables.records).where(tables.records.c.id == "b"))
        texts.follow_texts(connection, collection, ["b"])
        assert with_word(connection, collection, "words") == []


def test_nothing_is_kept_where_no_text_is_declared(
    engine: Engine, collection: CollectionRow
) -> None:
    with engine.begin() as connection:
        put(connection, collection, "a", title="words")
        assert texts.follow_texts(connection, collection, ["a"]) is None
        assert connection.execute(select(func.count()).select_from(tables.texts)).scalar() == 0


def test_own_text_of_all_fields(engine: Engine, collection: CollectionRow) -> None:
    with engine.begin() as connection:
        second = {**field_row(connection), "name": "title"}
        connection.execute(insert(tables.fields).values(second))
    collection = Catalog(engine).collection("docs")
    with engine.begin() as connection:
        put(connection, collection, "a")
        for label, row in enumerate(collection.fields):
            entry = {"field_id": row.id, "record_id": "a", "label": label, "crc": 0, "digest": b""}
            connection.execute(insert(tables.entries).values(entry))
            connection.execute(insert(tables.inputs).values(label=label, text=f"own {row.name}"))
        declare(connection, collection, "$text")
        texts.begin_texts(connection, collection)
        assert with_word(connection, collection, "own") == ["a", "a"]
        assert with_word(connection, collection, "title") == ["a"]


def test_own_text_of_a_collection_that_keeps_none_is_refused(engine: Engine) -> None:
    bare = Catalog(engine).add_collection("bare", Metric.COSINE, False, FIELDS)
    with engine.begin() as connection:
        declare(connection, bare, "$text")
        with pytest.raises(FailedPrecondition, match="'bare' does not keep inputs"):
            texts.begin_texts(connection, bare)


def test_what_is_rolled_back_was_never_there(engine: Engine, collection: CollectionRow) -> None:
    with engine.begin() as connection:
        declare(connection, collection, "title")
        texts.begin_texts(connection, collection)
        put(connection, collection, "a", title="first")
        texts.follow_texts(connection, collection, ["a"])
        savepoint = connection.begin_nested()
        put(connection, collection, "a", title="second")
        put(connection, collection, "b", title="second")
        texts.follow_texts(connection, collection, ["a", "b"])
        savepoint.rollback()
    with engine.begin() as connection:
        assert with_word(connection, collection, "first") == ["a"]
        assert with_word(connection, collection, "second") == []


def test_keys_taken_back(engine: Engine, collection: CollectionRow) -> None:
    with engine.begin() as connection:
        put(connection, collection, "a", title="red", note="blue")
        declare(connection, collection, "title", "note")
        texts.begin_texts(connection, collection)
        declare(connection, collection, "note")
        texts.end_texts(connection, collection)
        assert with_word(connection, collection, "red") == []
        assert with_word(connection, collection, "blue") == ["a"]
        declare(connection, collection)
        texts.end_texts(connection, collection)
        assert connection.execute(select(func.count()).select_from(tables.texts)).scalar() == 0
    assert not [name for name in inspect(engine).get_table_names() if name.startswith("full_text")]


def test_a_deleted_collection_leaves_nothing(engine: Engine, collection: CollectionRow) -> None:
    with engine.begin() as connection:
        put(connection, collection, "a", title="red")
        declare(connection, collection, "title")
        texts.begin_texts(connection, collection)
        drop_collection(connection, collection)
        assert connection.execute(select(func.count()).select_from(tables.texts)).scalar() == 0
    assert not [name for name in inspect(engine).get_table_names() if name.startswith("full_text")]


def test_a_text_as_long_as_may_be(engine: Engine, collection: CollectionRow) -> None:
    with engine.begin() as connection:
        put(connection, collection, "a", title=" ".join(f"{n}é{'x' * 80}" for n in range(12_000)))
        put(connection, collection, "b", title="same " * 200_000)
        # Too much for a row of PostgreSQL's, were all of it kept.
        put(connection, collection, "c", title=" ".join(f"{n}{'ж' * 59}" for n in range(9_500)))
        declare(connection, collection, "title")
        texts.begin_texts(connection, collection)
        assert with_word(connection, collection, "0e" + 62 * "x") == ["a"]
        assert with_word(connection, collection, "same")[0] == "b"
        assert with_word(connection, collection, "0" + 59 * "ж") == ["c"]


def field_row(connection: Connection) -> dict[str, object]:
    found = connection.execute(select(tables.fields)).mappings().one()
    return {name: value for name, value in found.items() if name != "id"}
