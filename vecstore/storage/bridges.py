"""Bridges in SQL: short transactions that need no ownership of the indexes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlalchemy import Engine, RowMapping, Select, delete, insert, select
from sqlalchemy.exc import IntegrityError

from vecstore.bridges import BridgeFigure, BridgeInfo, BridgeKind, BridgeMap, bridged_space
from vecstore.errors import AlreadyExists, FailedPrecondition, StorageError
from vecstore.reembeddings import FieldState, space_from_json, space_to_json
from vecstore.storage import tables
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.faults import as_written, told
from vecstore.storage.schema import writing
from vecstore.storage.tables import bridges
from vecstore.storage.writes import require_present

_DOING = "reading the bridges on record"
# All but the numbers.
_LIGHT = tuple(column for column in bridges.c if column.name != "matrix")


class BridgeRows:
    """Reads and short writes. Safe to use from many threads and processes at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, collection: CollectionRow) -> list[BridgeInfo]:
        """The bridges of a collection, by name."""
        statement = select(*_LIGHT).where(bridges.c.collection_id == collection.id)
        with told(_DOING), self._engine.connect() as connection:
            rows = connection.execute(statement.order_by(bridges.c.name)).mappings()
            return [_info(row, collection) for row in rows]

    def named(self, collection: CollectionRow, name: str) -> BridgeInfo | None:
        """A bridge of a collection; None where there is none of this name."""
        statement = select(*_LIGHT).where(
            bridges.c.collection_id == collection.id, bridges.c.name == name
        )
        with told(_DOING), self._engine.connect() as connection:
            row = connection.execute(statement).mappings().first()
        return None if row is None else _info(row, collection)

    def map(self, collection: CollectionRow, name: str) -> BridgeMap | None:
        """What a bridge does; None where it is gone.

        Raises:
            StorageError: it is not what was written.
        """
        statement = select(bridges).where(
            bridges.c.collection_id == collection.id, bridges.c.name == name
        )
        with told(_DOING), self._engine.connect() as connection:
            row = connection.execute(statement).mappings().first()
        return None if row is None else _map(row, collection)

    def add(
        self, collection: CollectionRow, target: FieldRow, info: BridgeInfo, found: BridgeMap
    ) -> None:
        """Put a bridge on record.

        Args:
            collection: the field's.
            target: the field in the space that the bridge leads to.
            info, found: the bridge.

        Raises:
            AlreadyExists: the name is taken.
            CollectionNotFound: the collection has been deleted meanwhile.
            FailedPrecondition: the field lives in another space by now.
        """
        row = {
            "collection_id": collection.id,
            "name": info.name,
            "field": info.field,
            "source": json.dumps(space_to_json(info.source)),
            "target": json.dumps(space_to_json(info.target)),
            "space": json.dumps(space_to_json(info.space)),
            "kind": str(info.kind),
            "matrix": found.matrix.astype("<f4").tobytes(),
            "digest": found.digest,
            "pairs": info.pairs,
            "held_out": info.held_out,
            "figures": json.dumps(_figures(info.figures)),
            "forced": info.forced,
            "created_at": info.created_at,
        }
        with told("keeping a bridge"), writing(self._engine).begin() as connection:
            require_present(connection, collection)
            # That another space is filled beside it changes nothing for a bridge.
            if not connection.execute(_live(target)).first():
                raise FailedPrecondition(
                    f"the field {target.name!r} of {collection.name!r} left {target.space.name} "
                    f"while the bridge {info.name!r} to it was fitted, so it was not kept; fit one "
                    "to the space in which the field lives now",
                    bridge=info.name,
                )
            try:
                connection.execute(insert(bridges).values(row))
            except IntegrityError as error:
                raise taken(collection, info.name) from error

    def delete(self, collection: CollectionRow, name: str) -> bool:
        """Forget a bridge; false where there is none."""
        statement = delete(bridges).where(
            bridges.c.collection_id == collection.id, bridges.c.name == name
        )
        with told("deleting a bridge"), writing(self._engine).begin() as connection:
            return connection.execute(statement).rowcount > 0


def taken(collection: CollectionRow, name: str) -> AlreadyExists:
    """The error for a name that is not free."""
    return AlreadyExists(
        f"the collection {collection.name!r} has a bridge {name!r} already, and a bridge never "
        f"changes; choose another name, such as {name}-2, or delete that one first",
        bridge=name,
    )


def _live(field: FieldRow) -> Select[Any]:
    state = tables.fields.c.state == str(FieldState.LIVE)
    return select(tables.fields.c.id).where(tables.fields.c.id == field.id, state)


def _figures(figures: Mapping[str, BridgeFigure]) -> dict[str, list[float]]:
    return {name: [one.value, one.low, one.high] for name, one in figures.items()}


def _info(row: RowMapping, collection: CollectionRow) -> BridgeInfo:
    with as_written(_called(row, collection)):
        source, target, space = (
            space_from_json(json.loads(row[name])) for name in ("source", "target", "space")
        )
        return BridgeInfo(
            name=row["name"],
            collection=collection.name,
            field=row["field"],
            source=source,
            target=target,
            space=space,
            kind=BridgeKind(row["kind"]),
            pairs=row["pairs"],
            held_out=row["held_out"],
            figures={
                name: BridgeFigure(*one) for name, one in dict(json.loads(row["figures"])).items()
            },
            forced=row["forced"],
            created_at=row["created_at"],
        )


def _map(row: RowMapping, collection: CollectionRow) -> BridgeMap:
    info = _info(row, collection)
    shape = (info.source.dim, info.target.dim)
    with as_written(_called(row, collection)):
        matrix: Any = np.frombuffer(row["matrix"], "<f4").reshape(shape).astype(np.float32)
    found = BridgeMap(info.kind, matrix)
    made_for = bridged_space(info.source, info.target, found.digest, info.name)
    if found.digest != row["digest"] or made_for != info.space:
        raise StorageError(
            f"the numbers or spaces of {_called(row, collection)} are not those that were written; "
            "restore the database from a backup, or delete the bridge and fit it anew"
        )
    return found


def _called(row: RowMapping, collection: CollectionRow) -> str:
    return f"the bridge {row['name']!r} of {collection.name!r}"
