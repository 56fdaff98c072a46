"""Other names of collections, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, Engine, delete, func, insert, select, text

from vecstore.errors import AlreadyExists, CollectionNotFound, InvalidArgument, NotFound
from vecstore.storage import tables
from vecstore.storage.faults import told

# An arbitrary constant: "vecnames" in ASCII.
_NAMES_KEY = 0x7665636E616D6573
_SHOWN = 20


class Aliases:
    """What is on record; safe to read from many threads and processes at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> dict[str, str]:
        """The name of the collection that every alias stands for, by alias."""
        with told("reading the aliases"), self._engine.connect() as connection:
            return _all(connection)

    def of(self, collection_id: int) -> tuple[str, ...]:
        """The aliases of a collection, in order."""
        keys = tables.aliases.c
        statement = select(keys.name).where(keys.collection_id == collection_id).order_by(keys.name)
        with told("reading the aliases"), self._engine.connect() as connection:
            return tuple(connection.execute(statement).scalars())


def hold_names(connection: Connection) -> None:
    """Let nobody else give out names before this transaction ends."""
    # SQLite has one writing transaction at a time anyway.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _NAMES_KEY})


def require_no_alias(connection: Connection, name: str) -> None:
    """Raise AlreadyExists where an alias has this name."""
    keys = tables.aliases.c
    if connection.execute(select(keys.name).where(keys.name == name)).first():
        raise AlreadyExists(
            f"there is an alias {name!r} already; choose another name, or delete the alias first",
            collection=name,
        )


def update_aliases(
    connection: Connection, given: Mapping[str, str], removed: Collection[str]
) -> dict[str, str]:
    """Set and delete aliases, within the caller's transaction.

    Args:
        given: collections by the aliases that are to stand for them.
        removed: aliases to delete, none of them in ``given``.

    Returns:
        Every alias there is then.

    Raises:
        CollectionNotFound: there is no such collection.
        AlreadyExists: a collection has the name of an alias.
        InvalidArgument: an alias of an alias.
        NotFound: an alias to delete that is not there.
    """
    hold_names(connection)
    present = _all(connection)
    for alias in removed:
        if alias not in present:
            raise _no_alias(alias, present)
    targets = {name: _target(connection, name, present) for name in set(given.values())}
    for alias in given:
        _require_no_collection(connection, alias)
    keys = tables.aliases.c
    for alias in (*removed, *given):
        connection.execute(delete(tables.aliases).where(keys.name == alias))
    for alias, name in given.items():
        row = {"name": alias, "collection_id": targets[name]}
        connection.execute(insert(tables.aliases).values(row))
    return _all(connection)


def _all(connection: Connection) -> dict[str, str]:
    names = tables.aliases.join(tables.collections)
    statement = select(tables.aliases.c.name, tables.collections.c.name).select_from(names)
    found = connection.execute(statement.order_by(tables.aliases.c.name))
    return {row[0]: row[1] for row in found}


def _target(connection: Connection, name: str, present: Mapping[str, str]) -> int:
    keys = tables.collections.c
    found: int | None = connection.execute(select(keys.id).where(keys.name == name)).scalar()
    if found is not None:
        return found
    if name in present:
        raise InvalidArgument(
            f"{name!r} is an alias itself, of {present[name]!r}; an alias stands for a collection: "
            "name that one",
            field="collection",
        )
    known = list(connection.execute(select(keys.name).order_by(keys.name).limit(_SHOWN)).scalars())
    raise CollectionNotFound(
        f"there is no collection {name!r} for an alias to stand for; there are: "
        f"{', '.join(known) or 'none'}",
        collection=name,
    )


def _require_no_collection(connection: Connection, alias: str) -> None:
    keys = tables.collections.c
    count = select(func.count()).select_from(tables.collections).where(keys.name == alias)
    if connection.execute(count).scalar_one():
        raise AlreadyExists(
            f"there is a collection {alias!r}, so no alias can have this name; choose another",
            collection=alias,
        )


def _no_alias(alias: str, present: Mapping[str, str]) -> NotFound:
    return NotFound(
        f"there is no alias {alias!r}; there are: {', '.join(list(present)[:_SHOWN]) or 'none'}",
        alias=alias,
    )
