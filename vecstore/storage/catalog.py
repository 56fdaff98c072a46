"""Releases and collections in SQL: short transactions that need no ownership of the indexes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    RowMapping,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from vecstore.errors import AlreadyExists, CollectionNotFound
from vecstore.inputs import shorten
from vecstore.instants import now
from vecstore.records import DEFAULT_FIELD
from vecstore.reembeddings import (
    FieldState,
    ReembedState,
    Retired,
    space_from_json,
    space_to_json,
)
from vecstore.spaces import Metric, Space
from vecstore.storage import tables
from vecstore.storage.aliases import hold_names, require_no_alias
from vecstore.storage.faults import told
from vecstore.storage.releases import Release, release_of, space_of
from vecstore.storage.schema import writing


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One vector field of a collection, in one space. ``id`` is never reused.

    A field that moves to another space has two rows of the same name.
    """

    id: int
    name: str
    space: Space
    index_backend: str
    state: FieldState = FieldState.LIVE


@dataclass(frozen=True, slots=True)
class NewFieldRow:
    """A vector field that is not on record yet."""

    name: str
    space: Space
    index_backend: str


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """One collection. ``id`` is never reused, so a name made anew is another collection.

    Args:
        fields: in their live spaces, the default one first.
        beside: the same in staged and retired spaces, which are written like the live ones.
        retired: spaces that fields have left.
        generation: another number where the fields are other ones.
    """

    id: int
    name: str
    metric: Metric
    store_inputs: bool
    fields: tuple[FieldRow, ...]
    beside: tuple[FieldRow, ...] = ()
    retired: tuple[Retired, ...] = ()
    generation: int = 0

    @property
    def all_fields(self) -> tuple[FieldRow, ...]:
        """Every field in every space that is written."""
        return self.fields + self.beside

    def field(self, name: str) -> FieldRow | None:
        """The field of this name, in its live space."""
        return next((row for row in self.fields if row.name == name), None)

    def other(self, name: str) -> FieldRow | None:
        """The same in the space beside the live one, where there is one."""
        return next((row for row in self.beside if row.name == name), None)


class Catalog:
    """Reads and short writes. Safe to use from many threads and processes at once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # Several statements of one read must see one state, as they do on SQLite.
        remote = engine.dialect.name == "postgresql"
        level = {"isolation_level": "REPEATABLE READ"} if remote else {}
        self._reading = engine.execution_options(**level)

    def store_id(self) -> str:
        """The store's own random name: an index made for another store is not taken for its."""
        with told("reading the store's id"), self.engine.connect() as connection:
            return str(connection.execute(select(tables.store_state.c.store_id)).scalar_one())

    # -- releases

    def releases(self, model: str | None = None) -> list[Release]:
        """Releases on record, by name and version."""
        statement = select(tables.releases).order_by(
            tables.releases.c.model, tables.releases.c.version
        )
        if model is not None:
            statement = statement.where(tables.releases.c.model == model)
        with told("reading the models on record"), self.engine.connect() as connection:
            return [release_of(row) for row in connection.execute(statement).mappings()]

    def add_release(self, release: Release) -> None:
        """Put a release on record.

        Raises:
            AlreadyExists: its name and version are taken.
        """
        space = release.space
        row = {
            "model": space.model,
            "version": space.version,
            "loader": release.loader,
            "source": release.source,
            "options": json.dumps(dict(release.options)),
            "modalities": " ".join(release.modalities),
            "dim": space.dim,
            "fingerprint": space.fingerprint,
            "parts": json.dumps(dict(release.parts)),
            "canaries": None if release.canaries is None else release.canaries.tobytes(),
            "runtime": json.dumps(dict(release.runtime)),
            "accepted": release.accepted,
            "provenance": release.provenance,
            "created_at": now(),
            "card": None if release.card is None else json.dumps(asdict(release.card)),
        }
        try:
            with told("registering a model"), writing(self.engine).begin() as connection:
                try:
                    connection.execute(insert(tables.releases).values(row))
                except IntegrityError as error:
                    raise _taken(release.name) from error
        except IntegrityError as error:
            raise _taken(release.name) from error

    def accept(self, release: Release, reason: str) -> None:
        """Put on record that an operator accepts this release's incomplete identity."""
        keys = tables.releases.c
        with told("accepting a model"), writing(self.engine).begin() as connection:
            connection.execute(
                update(tables.releases)
                .where(keys.model == release.space.model, keys.version == release.space.version)
                .values(accepted=reason)
            )

    def is_accepted(self, space: Space) -> bool:
        """Whether an operator accepted the incomplete identity of this very space."""
        keys = tables.releases.c
        statement = select(keys.accepted).where(
            keys.model == space.model,
            keys.version == space.version,
            keys.fingerprint == space.fingerprint,
        )
        with told("reading the models on record"), self.engine.connect() as connection:
            return bool(connection.execute(statement).scalar())

    # -- collections

    def collections(self) -> list[CollectionRow]:
        """Every collection, by name."""
        with told("reading the collections"), self.engine.connect() as connection:
            return read_collections(connection)

    def collection(self, name: str) -> CollectionRow:
        """One collection, by its name or an alias.

        Raises:
            CollectionNotFound: there is none of this name; the message lists those that are.
        """
        with told("reading the collections"), self._reading.connect() as connection:
            aliased = select(tables.collections.c.name).join(tables.aliases)
            real = connection.execute(aliased.where(tables.aliases.c.name == name)).scalar()
            found = read_collections(connection, real or name)
            if found:
                return found[0]
            known = connection.execute(
                select(tables.collections.c.name).order_by(tables.collections.c.name).limit(20)
            ).scalars()
            names = ", ".join(known)
        raise CollectionNotFound(
            f"there is no collection {shorten(name)}; "
            + (f"there are: {names}" if names else "create it first: collections create"),
            collection=name,
        )

    def add_collection(
        self, name: str, metric: Metric, store_inputs: bool, fields: Sequence[NewFieldRow]
    ) -> CollectionRow:
        """Create a collection with its vector fields, the default one first.

        Raises:
            AlreadyExists: the name is taken.
        """
        with told("creating a collection"), writing(self.engine).begin() as connection:
            hold_names(connection)
            require_no_alias(connection, name)
            try:
                collection_id = connection.execute(
                    insert(tables.collections)
                    .values(name=name, metric=metric, store_inputs=store_inputs, created_at=now())
                    .returning(tables.collections.c.id)
                ).scalar_one()
            except IntegrityError as error:
                raise AlreadyExists(
                    f"there is a collection {name!r} already; choose another name, or delete it "
                    "first",
                    collection=name,
                ) from error
            connection.execute(
                insert(tables.fields),
                [field_values(collection_id, field, FieldState.LIVE) for field in fields],
            )
            return read_collections(connection, name)[0]

    def count(self, collection: CollectionRow) -> int:
        """Live records of a collection."""
        statement = (
            select(func.count())
            .select_from(tables.records)
            .where(tables.records.c.collection_id == collection.id)
        )
        with told("counting records"), self.engine.connect() as connection:
            return connection.execute(statement).scalar_one()


def read_collections(connection: Connection, name: str | None = None) -> list[CollectionRow]:
    """Every collection, by name, or the one of this name."""
    statement = select(tables.collections).order_by(tables.collections.c.name)
    fields = select(tables.fields).order_by(tables.fields.c.id)
    if name is not None:
        statement = statement.where(tables.collections.c.name == name)
        fields = fields.join(tables.collections).where(tables.collections.c.name == name)
    by_collection: dict[int, list[FieldRow]] = {}
    for row in connection.execute(fields).mappings():
        by_collection.setdefault(row["collection_id"], []).append(_field(row))
    retired = _retired(connection)
    return [
        _collection(row, by_collection.get(row["id"], []), retired.get(row["id"], ()))
        for row in connection.execute(statement).mappings()
    ]


def field_values(collection_id: int, new: NewFieldRow, state: FieldState) -> dict[str, Any]:
    """A row of ``fields``, but for its id."""
    return {
        "collection_id": collection_id,
        "name": new.name,
        **space_to_json(new.space),
        "index_backend": new.index_backend,
        "state": state,
    }


def _field(row: RowMapping) -> FieldRow:
    state = FieldState(row["state"])
    return FieldRow(row["id"], row["name"], space_of(row), row["index_backend"], state)


def _collection(
    row: RowMapping, fields: Sequence[FieldRow], retired: Sequence[Retired]
) -> CollectionRow:
    # A field that has moved has another id; the default one stays the first.
    live = [one for one in fields if one.state is FieldState.LIVE]
    return CollectionRow(
        id=row["id"],
        name=row["name"],
        metric=Metric(row["metric"]),
        store_inputs=row["store_inputs"],
        fields=tuple(sorted(live, key=lambda one: one.name != DEFAULT_FIELD)),
        beside=tuple(one for one in fields if one.state is not FieldState.LIVE),
        retired=tuple(retired),
        generation=row["generation"],
    )


def _retired(connection: Connection) -> dict[int, list[Retired]]:
    """The spaces that fields have left, by collection, the latest last."""
    moves = tables.reembeddings.c
    left = (ReembedState.SWITCHED, ReembedState.FINISHED)
    statement = (
        select(moves.collection_id, moves.field, moves.source, moves.switched_at)
        .where(moves.state.in_(left))
        .order_by(moves.id)
    )
    found: dict[int, list[Retired]] = {}
    for collection, field_, source, since in connection.execute(statement):
        space = space_from_json(json.loads(source))
        found.setdefault(collection, []).append(Retired(field_, space, since))
    return found


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(
        f"{name} is registered already, and a release never changes; "
        "register a changed model as a new version",
        encoder=name,
    )
