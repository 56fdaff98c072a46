"""Scans of everything: piece by piece, and nothing of them is kept."""

from types import SimpleNamespace

import pytest
from sqlalchemy import event

from vecstore.errors import StorageError
from vecstore.storage import scans, schema, tables
from vecstore.storage.payload_indexes import label_payloads
from vecstore.storage.reads import Reader
from vecstore.storage.rows import append
from vecstore.storage.scans import scanning

FIELD, OTHER = SimpleNamespace(id=1), SimpleNamespace(id=2)
COLLECTION = SimpleNamespace(id=7)
COUNT = 10


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path):
    """A database with ten entries of one field, and none of another."""
    if request.param == "sqlite":
        url = schema.sqlite_url(tmp_path)
    else:
        url = request.getfixturevalue("postgres_url")
    engine = schema.connect(url)
    schema.prepare(engine, "")
    names = [f"r{n}" for n in range(COUNT)]
    with schema.writing(engine).begin() as connection:
        append(connection, tables.records, [(7, name, f'{{"of":"{name}"}}', 1) for name in names])
        entries = [(1, name, 2**40 + n, 2**32 - 1 - n, b"") for n, name in enumerate(names)]
        append(connection, tables.entries, entries[::-1])
    yield engine
    engine.dispose()


@pytest.fixture
def shrunk(engine):
    """How often a connection was told to let its memory go."""
    said = []
    event.listen(engine, "before_cursor_execute", lambda *what: said.append(what[2]))
    return lambda: said.count("PRAGMA shrink_memory")


@pytest.mark.parametrize("piece", [1, 3, COUNT, 4096])
def test_rows_of_a_field(engine, monkeypatch, piece):
    monkeypatch.setattr(scans, "_PIECE", piece)
    rows = Reader(engine).field_rows(FIELD)
    assert rows.ids == [f"r{n}" for n in range(COUNT)]
    assert rows.labels.tolist() == [2**40 + n for n in range(COUNT)]
    assert rows.crcs.tolist() == [2**32 - 1 - n for n in range(COUNT)]
    assert (str(rows.labels.dtype), str(rows.crcs.dtype)) == ("int64", "uint32")


def test_no_rows(engine):
    rows = Reader(engine).field_rows(OTHER)
    assert (rows.ids, rows.labels.shape, rows.crcs.shape) == ([], (0,), (0,))


def test_sqlite_is_told_to_let_go(engine, shrunk):
    times = int(engine.dialect.name == "sqlite")
    Reader(engine).field_rows(FIELD)
    assert shrunk() == times
    assert len(list(label_payloads(engine, COLLECTION, FIELD))) == COUNT
    assert shrunk() == 2 * times


def test_what_goes_wrong_is_told(engine, shrunk):
    with pytest.raises(StorageError, match="counting"), scanning(engine, "counting") as connection:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")
    assert not shrunk()
