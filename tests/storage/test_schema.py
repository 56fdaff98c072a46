"""The schema: created once, never upgraded by surprise, never touched when it is newer."""

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from vecstore.errors import InvalidArgument, SchemaMismatch, StorageError
from vecstore.spaces import Space
from vecstore.storage import schema, tables
from vecstore.storage.catalog import Catalog
from vecstore.storage.evaluations import Evaluations

pytestmark = pytest.mark.usefixtures("whole_way")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return schema.sqlite_url(tmp_path)
    return request.getfixturevalue("bare_postgres_url")


@pytest.fixture
def engine(url):
    engine = schema.connect(url)
    yield engine
    engine.dispose()


def stamp(engine, revision):
    with schema.writing(engine).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})


def make_older(engine, revision):
    """A database as the vecstore of that revision made it, with one record's text."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
    with schema.writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.execute(text("INSERT INTO store_state VALUES (1, 'the one', 7)"))
        connection.execute(text("INSERT INTO inputs (label, text) VALUES (7, 'kept')"))


def comparing(connection):
    """A comparison that knows which index PostgreSQL alone has."""

    def included(_, name, kind, *__):
        return connection.dialect.name == "postgresql" or name != "ix_texts_words"

    options = {"compare_type": True, "include_object": included}
    return MigrationContext.configure(connection, opts=options)


def test_head_is_the_newest_migration():
    assert schema.revisions()[0] == schema.HEAD


def test_the_migrations_make_the_tables(engine):
    schema.prepare(engine, "upgrade")
    with engine.connect() as connection:
        assert compare_metadata(comparing(connection), tables.metadata) == []


def test_preparing_twice_keeps_the_store(engine):
    schema.prepare(engine, "upgrade")
    with engine.connect() as connection:
        before = connection.execute(tables.store_state.select()).all()
    schema.prepare(engine, "upgrade")
    with engine.connect() as connection:
        assert connection.execute(tables.store_state.select()).all() == before
    assert schema.current(engine) == schema.HEAD


def test_an_older_schema_names_the_command(engine):
    make_older(engine, "0001")
    with pytest.raises(SchemaMismatch, match="vecstore db upgrade --data here"):
        schema.prepare(engine, "vecstore db upgrade --data here")
    assert schema.current(engine) == "0001"


def test_an_older_schema_is_upgraded_and_keeps_what_it_holds(engine):
    make_older(engine, "0001")
    schema.upgrade(engine)
    schema.prepare(engine, "upgrade")
    assert schema.current(engine) == schema.HEAD
    with engine.connect() as connection:
        assert compare_metadata(comparing(connection), tables.metadata) == []
        assert connection.execute(tables.store_state.select()).all() == [(1, "the one", 7, 1)]
        assert connection.execute(tables.inputs.select()).all() == [(7, "kept", None, None)]


def test_releases_of_a_store_from_before_task_cards_stay_and_have_none(engine):
    make_older(engine, "0002")
    with schema.writing(engine).begin() as connection:
        connection.execute(
            text(
                "INSERT INTO releases (model, version, loader, source, options, modalities, dim, "
                "fingerprint, parts, runtime, created_at) VALUES ('old', '1', 'hashing', "
                "'builtin', '{}', 'text', 6, 'f', '{}', '{}', '2026-01-01')"
            )
        )
    schema.upgrade(engine)
    (release,) = Catalog(engine).releases()
    assert (release.space, release.card) == (Space("old", "1", 6, "f"), None)
    assert Evaluations(engine).of("old", "1") == ()


def test_a_newer_schema_is_refused_untouched(engine):
    schema.prepare(engine, "upgrade")
    stamp(engine, "9999")
    for call in (lambda: schema.prepare(engine, "upgrade"), lambda: schema.upgrade(engine)):
        with pytest.raises(SchemaMismatch, match="newer version"):
            call()
    assert schema.current(engine) == "9999"


def test_somebody_elses_database_is_left_alone(engine):
    with schema.writing(engine).begin() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
    with pytest.raises(SchemaMismatch, match="theirs"):
        schema.prepare(engine, "upgrade")
    assert schema.current(engine) is None


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "vecstore.db").write_bytes(b"not a database at all" * 300)
    engine = schema.connect(schema.sqlite_url(tmp_path))
    with pytest.raises(StorageError, match="no SQLite database"):
        schema.prepare(engine, "upgrade")


@pytest.mark.parametrize("url", ["mysql://u@h/d", "nonsense", "postgresql+nodriver://h/d"])
def test_a_database_that_cannot_be_used(url):
    with pytest.raises(InvalidArgument, match="database"):
        schema.connect(url)


def test_a_password_is_not_repeated():
    with pytest.raises(InvalidArgument) as caught:
        schema.connect("postgresql+nodriver://user:secret@host/d")
    assert "secret" not in str(caught.value)


def test_two_openers_at_once_make_one_store(tmp_path):
    import threading

    engines = [schema.connect(schema.sqlite_url(tmp_path)) for _ in range(4)]
    errors = []

    def work(engine):
        try:
            schema.prepare(engine, "upgrade")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with sqlite3.connect(tmp_path / "vecstore.db") as connection:
        assert connection.execute("SELECT count(*) FROM store_state").fetchone() == (1,)
