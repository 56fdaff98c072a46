"""Writes that are done once, by a key of the caller's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from vecstore.errors import InvalidArgument
from vecstore.storage import tables
from vecstore.storage.catalog import CollectionRow
from vecstore.storage.writes import Written, require


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is to be done once.

    Args:
        key: the caller's.
        digest: sha256 of all that was asked for.
        seconds: how long a key is remembered.
    """

    key: str
    digest: bytes
    seconds: float


def written(
    connection: Connection,
    collection: CollectionRow,
    once: Once | None,
    write: Callable[[], Written],
) -> Written:
    """Write, unless the same request has been done before; its count is the answer then.

    Raises:
        CollectionNotFound: the collection was deleted meanwhile.
        InvalidArgument: another request was done under this key.
    """
    require(connection, collection)
    if once is None:
        return write()
    before = done(connection, collection, once)
    if before is not None:
        return Written(before)
    _forget(connection, time.time() - once.seconds)
    result = write()
    _remember(connection, collection, once, result.count)
    return result


def done(connection: Connection, collection: CollectionRow, once: Once) -> int | None:
    """The count of the same request where it has been done before; None where it has not.

    Raises:
        InvalidArgument: another request was done under this key.
    """
    keys = tables.idempotency_keys.c
    found = connection.execute(
        select(keys.digest, keys.count).where(
            keys.collection_id == collection.id,
            keys.key == once.key,
            keys.created_at > time.time() - once.seconds,
        )
    ).first()
    if found is None:
        return None
    digest, count = found
    if bytes(digest) != once.digest:
        raise InvalidArgument(
            f"the idempotency key {once.key!r} was used for another request of collection "
            f"{collection.name!r}; nothing was written: give every request a key of its own",
            field="idempotency_key",
        )
    return int(count)


def _remember(connection: Connection, collection: CollectionRow, once: Once, count: int) -> None:
    """Put a request on record."""
    connection.execute(
        insert(tables.idempotency_keys).values(
            collection_id=collection.id,
            key=once.key,
            digest=once.digest,
            count=count,
            created_at=int(time.time()),
        )
    )


def _forget(connection: Connection, until: float) -> None:
    """Drop what is out of date, so that its keys can be used again."""
    table = tables.idempotency_keys
    connection.execute(delete(table).where(table.c.created_at <= until))
