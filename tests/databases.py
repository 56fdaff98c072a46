"""Databases of a PostgreSQL: fresh ones, and such as a store that was just made has."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, LiteralString

from vecstore.storage import schema

if TYPE_CHECKING:
    import psycopg

USER = "vecstore"
# What a test may change but not leave behind: a database whose shape differs is not used again.
_SHAPE = """
SELECT md5(concat(
    (SELECT string_agg(concat_ws(' ', oid, relname, relnatts, relchecks, relhastriggers), ','
        ORDER BY oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
    (SELECT version_num FROM alembic_version)))
"""
_REMEMBER = "CREATE SCHEMA made; CREATE TABLE made.state AS TABLE store_state"
_EMPTY = """
DO $$
DECLARE
    one text;
    filled boolean;
    found text[] := '{store_state}';
BEGIN
    FOR one IN SELECT quote_ident(tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'store_state')
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || one || ')' INTO filled;
        IF filled THEN found := found || one; END IF;
    END LOOP;
    EXECUTE 'TRUNCATE ' || array_to_string(found, ', ') || ' CASCADE';
    FOR one IN SELECT quote_ident(sequencename) FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL
    LOOP
        EXECUTE 'ALTER SEQUENCE ' || one || ' RESTART';
    END LOOP;
    INSERT INTO store_state SELECT * FROM made.state;
    UPDATE store_state SET store_id = replace(gen_random_uuid()::text, '-', '');
END $$
"""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'
"""


@dataclass
class PostgresServer:
    """A running server; each call of ``database`` is a fresh database of it."""

    port: int
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _emptied: list[str] = field(default_factory=list)
    _shapes: dict[str, str] = field(default_factory=dict)

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a fresh database without any table, which is dropped afterwards."""
        name = self._create()
        try:
            yield self.url(name)
        finally:
            self._drop(name)

    @contextlib.contextmanager
    def store(self) -> Iterator[str]:
        """The URL of a database as it is after the first opening of a store.

        Making one takes a hundred times longer than emptying one, so that what a test has left in
        good shape serves the next.
        """
        name = self._emptied.pop() if self._emptied else self._make()
        try:
            yield self.url(name)
        finally:
            if self._empty(name):
                self._emptied.append(name)
            else:
                self._drop(name)

    def _create(self) -> str:
        name = f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name}")
        return name

    def _drop(self, name: str) -> None:
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _make(self) -> str:
        name = self._create()
        engine = schema.connect(self.url(name))
        schema.prepare(engine, "")
        engine.dispose()
        with self._connect(name) as connection:
            connection.execute(_REMEMBER)
            self._shapes[name] = _first(connection, _SHAPE)
        return name

    def _empty(self, name: str) -> bool:
        """Take all rows out; False where the database can serve no more."""
        with self._connect(name) as connection:
            deadline = time.monotonic() + 0.5
            while _first(connection, _OTHERS):  # those who have just left are still seen
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.002)
            if _first(connection, _SHAPE) != self._shapes[name]:
                return False
            connection.execute(_EMPTY)
        return True

    def _run(self, statement: str) -> None:
        with self._connect("postgres") as connection:
            connection.execute(statement.encode())

    def _connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        import psycopg

        address = f"host=127.0.0.1 port={self.port} user={USER} dbname={database}"
        return psycopg.connect(address, autocommit=True)


def _first(connection: psycopg.Connection[tuple[Any, ...]], statement: LiteralString) -> Any:
    row = connection.execute(statement).fetchone()
    return row[0] if row else None
