"""Rows given as tuples reach every database as they are."""

import pytest
from sqlalchemy import select

from vecstore.storage import schema, tables
from vecstore.storage.rows import append, put


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request, tmp_path):
    if request.param == "sqlite":
        url = schema.sqlite_url(tmp_path)
    else:
        url = request.getfixturevalue("postgres_url")
    engine = schema.connect(url)
    schema.prepare(engine, "")
    with schema.writing(engine).connect() as connection:
        yield connection
        connection.rollback()
    engine.dispose()


def all_of(connection, table):
    return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]


def test_rows_come_back_as_they_were_given(connection):
    rows = [(7, "ä'\"%s %(x)s ?", '{"a":"\\u0001"}', 1), (7, "ö", "{}", 2**62)]
    append(connection, tables.records, rows)
    assert sorted(all_of(connection, tables.records)) == sorted(rows)
    bytes_of = [(1, b""), (2, b"\x00\xff\x27")]
    append(connection, tables.vectors, bytes_of)
    assert all_of(connection, tables.vectors) == bytes_of
    inputs = [(1, None, None, None), (2, "text", b"\x00" * 32, "{}")]
    append(connection, tables.inputs, inputs)
    assert all_of(connection, tables.inputs) == inputs


def test_put_replaces_what_has_the_same_key_and_nothing_else(connection):
    put(connection, tables.entries, [(1, "a", 1, 11, b"x"), (1, "b", 2, 22, b"y")])
    put(connection, tables.entries, [(1, "b", 3, 33, b"z"), (2, "b", 4, 44, b"")])
    assert all_of(connection, tables.entries) == [
        (1, "a", 1, 11, b"x"),
        (1, "b", 3, 33, b"z"),
        (2, "b", 4, 44, b""),
    ]


def test_no_rows_are_no_statement(connection):
    append(connection, tables.vectors, [])
    put(connection, tables.entries, [])
    assert all_of(connection, tables.vectors) == all_of(connection, tables.entries) == []
