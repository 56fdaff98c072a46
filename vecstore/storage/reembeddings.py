"""Re-embeddings on record: begun, followed, and how they ended."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, insert, select, update

from vecstore.errors import NotFound, ReembedBlocked
from vecstore.instants import now
from vecstore.reembeddings import (
    Bounds,
    Decision,
    ReembedOptions,
    ReembedQuery,
    ReembedReport,
    ReembedState,
    SideBySide,
    SwitchMode,
    space_from_json,
    space_to_json,
)
from vecstore.spaces import Space
from vecstore.storage import tables
from vecstore.storage.catalog import CollectionRow, FieldRow
from vecstore.storage.faults import told

_OVER = (ReembedState.FINISHED, ReembedState.CANCELLED)


@dataclass(frozen=True, slots=True)
class ReembedRow:
    """One re-embedding.

    Args:
        source_id, target_id: the fields, in the space that it began in and in the other one. They
            may be gone.
        reached: records up to this id have been looked at.
        looked_at: how many these were.
    """

    id: int
    collection_id: int
    field: str
    source_id: int
    target_id: int
    source: Space
    target: Space
    state: ReembedState
    options: ReembedOptions
    queries: tuple[ReembedQuery, ...]
    reached: str
    looked_at: int
    error: str
    report: ReembedReport | None
    created_at: str
    switched_at: str
    ended_at: str

    @property
    def switched(self) -> bool:
        """Whether the space that it began in has been left."""
        return self.state is ReembedState.SWITCHED


class Reembeddings:
    """What is on record; safe to read from many threads and processes at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, id_: int) -> ReembedRow:
        """One of them.

        Raises:
            NotFound: there is none of this id.
        """
        keys = tables.reembeddings.c
        found = self._read(keys.id == id_)
        if not found:
            raise NotFound(
                f"there is no operation {id_}; vecstore operations list shows those there are",
                operation=id_,
            )
        return found[0]

    def last(self, collection: CollectionRow, field: str) -> ReembedRow | None:
        """The latest one of a field; None where it never moved."""
        keys = tables.reembeddings.c
        found = self._read(keys.collection_id == collection.id, keys.field == field)
        return found[-1] if found else None

    def all(self) -> list[ReembedRow]:
        """Every one, the latest last."""
        return self._read()

    def ids(self, after: int, limit: int, *, over: bool) -> list[int]:
        """Up to so many ids beyond one.

        Args:
            after: an id; 0 to begin with the first.
            limit: how many.
            over: those that are over as well.
        """
        keys = tables.reembeddings.c
        statement = (
            select(keys.id)
            .where(keys.id > after, *([] if over else [keys.state.not_in(_OVER)]))
            .order_by(keys.id)
            .limit(limit)
        )
        with told("reading re-embeddings"), self._engine.connect() as connection:
            return list(connection.execute(statement).scalars())

    def _read(self, *wanted: Any) -> list[ReembedRow]:
        statement = select(tables.reembeddings).where(*wanted).order_by(tables.reembeddings.c.id)
        with told("reading re-embeddings"), self._engine.connect() as connection:
            return [_row(one) for one in connection.execute(statement).mappings()]


def add_reembedding(
    connection: Connection,
    source: FieldRow,
    target: FieldRow,
    collection: CollectionRow,
    options: ReembedOptions,
    queries: Sequence[ReembedQuery],
) -> ReembedRow:
    """Put a re-embedding on record that begins now."""
    values = {
        "collection_id": collection.id,
        "field": source.name,
        "source_id": source.id,
        "target_id": target.id,
        "source": json.dumps(space_to_json(source.space)),
        "target": json.dumps(space_to_json(target.space)),
        "state": ReembedState.FILLING,
        "options": json.dumps(asdict(options)),
        "queries": json.dumps([asdict(one) for one in queries]),
        "reached": "",
        "looked_at": 0,
        "error": "",
        "report": "",
        "created_at": now(),
        "switched_at": "",
        "ended_at": "",
    }
    statement = insert(tables.reembeddings).values(values).returning(tables.reembeddings)
    return _row(connection.execute(statement).mappings().one())


def open_reembedding(
    connection: Connection, collection: CollectionRow, field: str
) -> ReembedRow | None:
    """The one of a field that is not over; None where there is none."""
    found = open_reembeddings(connection, collection)
    return next((one for one in found if one.field == field), None)


def open_reembeddings(connection: Connection, collection: CollectionRow) -> list[ReembedRow]:
    """Those of a collection's fields that are not over."""
    keys = tables.reembeddings.c
    statement = (
        select(tables.reembeddings)
        .where(keys.collection_id == collection.id, keys.state.not_in(_OVER))
        .order_by(keys.id)
    )
    return [_row(one) for one in connection.execute(statement).mappings()]


def change_reembedding(
    connection: Connection, id_: int, states: Collection[ReembedState], **values: Any
) -> ReembedRow:
    """Write columns of a re-embedding, which must be in one of some states.

    Args:
        states: that it may be in.
        values: by column; ``options`` and ``report`` as values.

    Raises:
        ReembedBlocked: it is in another state.
        NotFound: there is none of this id.
    """
    table = tables.reembeddings
    found = connection.execute(select(table).where(table.c.id == id_)).mappings().first()
    if found is None:
        raise NotFound(f"there is no operation {id_}", operation=id_)
    if found["state"] not in states:
        raise ReembedBlocked(
            f"the re-embedding of {found['field']!r} is {found['state']}; this needs it to be "
            f"{' or '.join(states)}",
            state=found["state"],
        )
    for name in ("options", "report"):
        if name in values:
            values[name] = json.dumps(asdict(values[name])) if values[name] else ""
    statement = update(table).where(table.c.id == id_).values(**values).returning(table)
    return _row(connection.execute(statement).mappings().one())


def _row(row: RowMapping | Mapping[str, Any]) -> ReembedRow:
    given = dict(row)
    return ReembedRow(
        **{
            **given,
            "source": space_from_json(json.loads(given["source"])),
            "target": space_from_json(json.loads(given["target"])),
            "state": ReembedState(given["state"]),
            "options": _options(json.loads(given["options"])),
            "queries": tuple(ReembedQuery(**one) for one in json.loads(given["queries"])),
            "report": _report(json.loads(given["report"])) if given["report"] else None,
        }
    )


def _options(value: Mapping[str, Any]) -> ReembedOptions:
    decisions = ("brought", "without_input", "failures")
    return ReembedOptions(
        gates=tuple(value["gates"]),
        switch=SwitchMode(value["switch"]),
        cores=value["cores"],
        # Those of before it was put on record have none.
        rollback=Decision(value.get("rollback", Decision.ASK)),
        **{name: Decision(value[name]) for name in decisions},
    )


def _report(value: Mapping[str, Any]) -> ReembedReport:
    return ReembedReport(
        figures={name: (pair[0], pair[1]) for name, pair in value["figures"].items()},
        verdicts=tuple((one[0], one[1], one[2]) for one in value["verdicts"]),
        overlap=value["overlap"],
        examples=tuple(
            SideBySide(one["query"], _pairs(one["source"]), _pairs(one["target"]))
            for one in value["examples"]
        ),
        created_at=value["created_at"],
        intervals={
            name: (_bounds(pair[0]), _bounds(pair[1])) for name, pair in value["intervals"].items()
        },
        differences={name: (one[0], one[1], one[2]) for name, one in value["differences"].items()},
        notes=tuple(value["notes"]),
    )


def _bounds(value: Sequence[float] | None) -> Bounds | None:
    return None if value is None else (value[0], value[1])


def _pairs(value: Sequence[Sequence[Any]]) -> tuple[tuple[str, float], ...]:
    return tuple((one[0], one[1]) for one in value)
