"""Tables of payloads, which filters are asked of on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    delete,
    event,
    insert,
    select,
)

from vecstore.config import Settings
from vecstore.filters import Filter, matches
from vecstore.inputs import check_payload
from vecstore.storage import where_sqlite
from vecstore.storage.where import where

TABLE = Table(
    "records", MetaData(), Column("id", Integer, primary_key=True), Column("payload", Text)
)


@dataclass
class Database:
    """A table of payloads on one of the databases."""

    connection: Connection
    _held: Sequence[dict[str, Any]] | None = None

    def load(self, rows: Sequence[dict[str, Any]]) -> None:
        if rows is self._held:
            return
        self._held = rows
        self.connection.execute(delete(TABLE))
        self.connection.execute(
            insert(TABLE),
            [{"id": n, "payload": check_payload(row, Settings())} for n, row in enumerate(rows)],
        )

    def select(self, filter_: Filter) -> set[int]:
        condition = where(filter_, TABLE.c.payload, self.connection.dialect.name)
        found = list(self.connection.execute(select(TABLE.c.id).where(condition)).scalars())
        assert len(found) == len(set(found))
        return set(found)

    def assert_same(self, filter_: Filter, rows: Sequence[dict[str, Any]]) -> None:
        """The database and the evaluator select the same rows."""
        expected = {n for n, row in enumerate(rows) if matches(filter_, row)}
        differing = self.select(filter_) ^ expected
        assert not differing, [
            (rows[n], "expected" if n in expected else "not expected") for n in sorted(differing)
        ][:5]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield "sqlite://"
    else:
        with request.getfixturevalue("postgres_server").database() as url:
            yield url


@pytest.fixture(scope="module")
def empty(engine_url: str) -> Iterator[Database]:
    """A database whose table every test fills for itself."""
    # Compiling the largest filters to machine code would take PostgreSQL a minute.
    options = {"options": "-c jit=off"} if engine_url.startswith("postgresql") else {}
    engine = create_engine(engine_url, connect_args=options)
    if engine_url == "sqlite://":
        event.listen(engine, "connect", lambda connection, _: where_sqlite.prepare(connection))
    with engine.connect() as connection:
        TABLE.create(connection)
        yield Database(connection)
    engine.dispose()
