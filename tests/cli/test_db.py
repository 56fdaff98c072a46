import sqlite3

import pytest

from vecstore.storage.schema import HEAD


@pytest.fixture
def store(embedded):
    assert embedded("collections", "create", "docs", "-e", "hashing").code == 0
    return embedded


def set_revision(store, revision):
    with sqlite3.connect(store.data / "vecstore.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()


def test_current(store):
    assert store("db", "current", "--json").json == {"current": HEAD, "needed": HEAD}
    assert "the one needed" in store("db", "current").out


def test_upgrading_what_is_current(store):
    assert store("db", "upgrade", "--json").json == {"before": HEAD, "current": HEAD}
    assert "nothing to do" in store("db", "upgrade").out


def test_a_newer_store_is_left_alone(store):
    set_revision(store, "9999")
    for arguments in (["db", "upgrade"], ["count", "docs"], ["serve", "--listen", "127.0.0.1:0"]):
        outcome = store(*arguments, "--json")
        assert (outcome.code, outcome.error["reason"]) == (2, "SCHEMA_MISMATCH")
        assert "9999" in outcome.error["message"]
    assert store("db", "current", "--json").json == {"current": "9999", "needed": HEAD}


def test_a_store_in_use_is_not_upgraded(server, call):
    outcome = call("db", "upgrade", "--data", server.data, "--json")
    assert (outcome.code, outcome.error["reason"]) == (2, "STORE_IN_USE")


def test_a_database_that_is_unknown(store):
    for url in ("mysql://h/d", "nonsense"):
        outcome = store("db", "current", "--database", url, "--json")
        assert (outcome.code, outcome.error["reason"]) == (2, "INVALID_ARGUMENT")


def test_postgresql(call, tmp_path, bare_postgres_url):
    where = ("--data", tmp_path / "data", "--database", bare_postgres_url)
    made = call("collections", "create", "docs", "-e", "hashing", *where)
    assert made.code == 0, made.err
    rows = b'{"id": "a", "text": "copy a tree"}\n'
    assert call("add", "docs", "-", *where, stdin=rows).code == 0
    assert call("search", "docs", "copy", *where, "--json").json["hits"][0]["id"] == "a"
    assert call("db", "current", *where, "--json").json["current"] == HEAD
    assert not (tmp_path / "data" / "vecstore.db").exists()
