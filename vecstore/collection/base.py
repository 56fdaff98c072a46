"""What everything that is done with a collection starts from."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from vecstore.errors import InvalidArgument, RecordNotFound
from vecstore.fields import ENCODED, Asked, Field, Question, asked_of
from vecstore.inputs import check_id, check_input
from vecstore.records import DEFAULT_FIELD, FieldValue, Query, Record, RecordReference, Role
from vecstore.spaces import Vector
from vecstore.storage.catalog import CollectionRow

if TYPE_CHECKING:
    from vecstore.store import Store

_SHOWN = 10


class Base:
    """A collection's row, its fields, and the checks that several methods share."""

    def __init__(self, store: Store, row: CollectionRow) -> None:
        self._store = store
        self._row = row
        self._fields = {field.name: Field(store, row, field) for field in row.fields}
        self._beside = [Field(store, row, field) for field in row.beside]

    @property
    def name(self) -> str:
        """The collection's name."""
        return self._row.name

    def _field(self, name: str, space: str = "") -> Field:
        """A field by its name, in its live space or the one beside it."""
        found = self._fields.get(name) if isinstance(name, str) else None
        if found is None:
            raise InvalidArgument(
                f"the collection {self.name!r} has no vector field {name!r}; it has: "
                f"{', '.join(self._fields)}",
                field="field",
            )
        return found if not space else self._in_space(found, space)

    def _in_space(self, live: Field, space: str) -> Field:
        sides = [live, *(one for one in self._beside if one.row.name == live.row.name)]
        for spelt in (lambda one: one.name, lambda one: f"{one.model}@{one.version}"):
            named = [one for one in sides if spelt(one.space) == space]
            if len(named) == 1:
                return named[0]
        there = ", ".join(f"{one.space.name} ({one.row.state})" for one in sides)
        raise InvalidArgument(
            f"the field {live.row.name!r} of {self.name!r} has no space {space!r}; it has: {there}",
            field="space",
        )

    def _ids(self, ids: Iterable[str]) -> builtins.list[str]:
        if isinstance(ids, str):
            raise InvalidArgument(
                f"ids is the single string {ids!r}; give a list of ids", field="ids"
            )
        wanted = [check_id(one) for one in ids]
        limit = self._store.settings.max_batch
        if len(wanted) > limit:
            raise InvalidArgument(
                f"{len(wanted)} ids in one call; at most {limit} are allowed: use several calls",
                field="ids",
            )
        return wanted

    def _asked(self, field: Field, queries: Sequence[Query]) -> builtins.list[Asked]:
        settings = self._store.settings
        return asked_of(queries, settings, lambda query: self._question(field, query))

    def _question(self, field: Field, query: object) -> Question:
        if isinstance(query, Vector):
            return Question(field.admit(query, "query"))
        if isinstance(query, RecordReference):
            return self._referred(field, query)
        if isinstance(query, ENCODED):
            given = check_input(query, self._store.settings, "query")
            return Question(field.encode([given], Role.QUERY)[0])
        return Question(field.admit(query, "query"))

    def _referred(self, field: Field, reference: RecordReference) -> Question:
        other: Base = self
        if reference.collection is not None:
            other = self._store.named_collection(str(reference.collection))
        if here := other.name == self.name:
            other = self
        record = other._found([reference.id], include_vectors=not here)[0]
        name = field.row.name if here else DEFAULT_FIELD
        vector: Vector | None
        if here:  # in the space that is searched, be it the live one or not
            own = self._store.reader.stored_vectors(field.row, [reference.id])
            vector = own[reference.id][1] if own else None
        else:
            vector = record.field_values().get(name, FieldValue()).vector
        if vector is None:
            raise RecordNotFound(
                f"record {reference.id!r} of {other.name!r} has no vector in the field {name!r}"
                + (f", in {field.space.name}" if here else ""),
                record=reference.id,
            )
        admitted = field.admit(vector, "query")
        return Question(admitted, reference.id, record.payload) if here else Question(admitted)

    def _found(self, wanted: Sequence[str], *, include_vectors: bool) -> builtins.list[Record]:
        self._store.require(self._row)
        found = self._store.reader.records(self._row, wanted, include_vectors)
        missing = [repr(one) for one in wanted if one not in found]
        if missing:
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            raise RecordNotFound(
                f"not in collection {self.name!r}: {', '.join(missing[:_SHOWN])}{more}; check the "
                "ids, or list the collection",
                collection=self.name,
                missing=len(missing),
            )
        return [found[one] for one in wanted]
