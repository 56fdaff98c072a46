"""Transforms in SQL: short transactions that need no ownership of the indexes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlalchemy import Engine, RowMapping, insert, select
from sqlalchemy.exc import IntegrityError

from vecstore.errors import AlreadyExists, StorageError
from vecstore.instants import now
from vecstore.spaces import Space
from vecstore.storage.faults import as_written, told
from vecstore.storage.schema import writing
from vecstore.storage.tables import transforms
from vecstore.transforms import Transform, TransformInfo, TransformKind

# All but the numbers.
_LIGHT = tuple(column for column in transforms.c if column.name != "parameters")


class TransformRows:
    """Reads and short writes. Safe to use from many threads and processes at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def infos(self) -> list[TransformInfo]:
        """Every transform on record, by name."""
        statement = select(*_LIGHT).order_by(transforms.c.name)
        with told("reading the transforms on record"), self._engine.connect() as connection:
            return [_info(row) for row in connection.execute(statement).mappings()]

    def get(self, name: str) -> Transform:
        """What a transform on record does.

        Raises:
            StorageError: it is not what was written.
        """
        statement = select(transforms).where(transforms.c.name == name)
        with told("reading the transforms on record"), self._engine.connect() as connection:
            return _transform(connection.execute(statement).mappings().one())

    def add(
        self, transform: Transform, before: Space, provenance: Mapping[str, Any]
    ) -> TransformInfo:
        """Put a fitted or drawn transform on record, for good.

        Args:
            transform: its name must be free.
            before: the space of the vectors that it takes.
            provenance: JSON values: what it was fitted on.

        Raises:
            AlreadyExists: the name is taken.
        """
        if transform.matrix is None:
            raise ValueError(f"{transform.name} needs no row")
        created_at = now()
        row = {
            "name": transform.name,
            "kind": str(transform.kind),
            "model": before.model,
            "version": before.version,
            "fingerprint": before.fingerprint,
            "input_dim": transform.input_dim,
            "dim": transform.dim,
            "digest": transform.digest,
            "parameters": transform.matrix.astype("<f4").tobytes(),
            "provenance": json.dumps(dict(provenance)),
            "created_at": created_at,
        }
        with told("keeping a transform"), writing(self._engine).begin() as connection:
            try:
                connection.execute(insert(transforms).values(row))
            except IntegrityError as error:
                raise taken(transform.name) from error
        after = transform.space(before)
        return TransformInfo(
            transform.name, transform.kind, before, after, dict(provenance), created_at
        )


def taken(name: str) -> AlreadyExists:
    """The error for a name that is not free."""
    return AlreadyExists(
        f"there is a transform {name!r} already, and a transform never changes; choose another "
        f"name, such as {name}-2",
        transform=name,
    )


def _info(row: RowMapping) -> TransformInfo:
    before = Space(row["model"], row["version"], row["input_dim"], row["fingerprint"])
    identity = f"{row['name']}:{row['digest']}"
    with as_written(f"the transform {row['name']!r}"):
        return TransformInfo(
            name=row["name"],
            kind=TransformKind(row["kind"]),
            before=before,
            after=Space(before.model, before.version, row["dim"], before.fingerprint, identity),
            provenance=dict(json.loads(row["provenance"])),
            created_at=row["created_at"],
        )


def _transform(row: RowMapping) -> Transform:
    shape = (row["input_dim"], row["dim"])
    try:
        matrix = np.frombuffer(row["parameters"], dtype="<f4").reshape(shape)
        transform = Transform(row["name"], TransformKind(row["kind"]), *shape, matrix)
    except ValueError:
        raise _damaged(row["name"]) from None
    if transform.digest != row["digest"]:
        raise _damaged(row["name"])
    return transform


def _damaged(name: str) -> StorageError:
    return StorageError(
        f"the transform {name!r} on record is not what was written (its digest differs), so "
        "nothing is computed with it; restore the database from a backup",
        transform=name,
    )
